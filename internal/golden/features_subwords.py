"""Goldens of subword tokenizers: small ones, trained by Hugging Face's tokenizers 0.23.3 on the lines below, and the pieces they make of texts."""

from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, trainers

from common import write

LINES = ["The quick brown fox jumps over the lazy dog, and the dog's friends don't mind.", "It's 2026: machines learn 1,234 things a day; they've learnt a lot.",
         "Un café à Zürich coûte 4,50 francs.", "unhappiness, happiness, unhappily and happier: the happiest of words", "low lower lowest new newer newest wide wider widest"]
TEXTS = LINES + ["", " ", "  two  spaces\tand tabs\n\n end ", "Unseen words: zebras' quizzes, 中文 and emoji 🙂!", "newlowest unfoxy", "they'll we're I'd 'quoted'", "ÀÉÎ naïve façade", "a" * 120, "x🙂🙂y"]
LINED = TEXTS + ["WE'LL SEE: it'S 12345678 o'clock,\r\n\r\n  and\t(then) $more… \n \n", "x  \n  y", "…word –dash\tTab\u00a0x", "3.14159 2²³ ½x 'Tis", "e\u0301a \u0301 (a)b", " .\n\n;  !", "'ſ'Ll"]
LLAMA = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"


def trained(model, trainer, split, normal=None, texts=TEXTS, fallback=False):
    t = Tokenizer(model)
    if split is not None:
        t.pre_tokenizer = split
    if normal is not None:
        t.normalizer = normal
    t.train_from_iterator(LINES, trainer)
    if fallback: # which the trainer of Unigram forgets
        t = Tokenizer.from_str(t.to_str().replace('"byte_fallback":false', '"byte_fallback":true'))
    ids = [t.encode(x).ids for x in texts]
    return {"file": t.to_str(), "pieces": [[t.id_to_token(i) for i in row] for row in ids]}


def expression(of):
    return pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(of), "isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])


byte_alphabet = pre_tokenizers.ByteLevel.alphabet()
byte_pieces = [f"<0x{b:02X}>" for b in range(256)]
marked = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
write("features/testdata/subwords.json", {
    "texts": LINED, # the first files have the pieces of some of them
    "llama3": trained(models.BPE(ignore_merges=True), trainers.BpeTrainer(vocab_size=400, initial_alphabet=byte_alphabet, show_progress=False), expression(LLAMA), None, LINED),
    "qwen": trained(models.BPE(), trainers.BpeTrainer(vocab_size=400, initial_alphabet=byte_alphabet, show_progress=False), expression(LLAMA.replace("{1,3}", "")), None, LINED),
    "llama2": trained(models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=True), trainers.BpeTrainer(vocab_size=420, special_tokens=["<unk>"] + byte_pieces, show_progress=False), None, marked, LINED),
    "gemma": trained(models.BPE(unk_token="<unk>", byte_fallback=True), trainers.BpeTrainer(vocab_size=420, special_tokens=["<unk>"] + byte_pieces[:250], show_progress=False),
                     pre_tokenizers.Split(" ", "merged_with_previous"), normalizers.Sequence([normalizers.Strip(), normalizers.Replace(" ", "▁")]), LINED),
    "unigrambytes": trained(models.Unigram(), trainers.UnigramTrainer(vocab_size=380, special_tokens=["<unk>"] + byte_pieces, unk_token="<unk>", show_progress=False), pre_tokenizers.Metaspace(), None, LINED, True),
    "gpt2": trained(models.BPE(), trainers.BpeTrainer(vocab_size=380, initial_alphabet=byte_alphabet, show_progress=False), pre_tokenizers.ByteLevel(add_prefix_space=False)),
    "roberta": trained(models.BPE(), trainers.BpeTrainer(vocab_size=380, initial_alphabet=byte_alphabet, show_progress=False), pre_tokenizers.ByteLevel(add_prefix_space=True)),
    "bpe": trained(models.BPE(unk_token="[UNK]"), trainers.BpeTrainer(vocab_size=150, special_tokens=["[UNK]"], show_progress=False), pre_tokenizers.Whitespace(), normalizers.Lowercase()),
    "bpefused": trained(models.BPE(unk_token="<unk>", fuse_unk=True, end_of_word_suffix="</w>"), trainers.BpeTrainer(vocab_size=150, special_tokens=["<unk>"], end_of_word_suffix="</w>", show_progress=False), pre_tokenizers.WhitespaceSplit()),
    "bert": trained(models.WordPiece(unk_token="[UNK]"), trainers.WordPieceTrainer(vocab_size=160, special_tokens=["[UNK]"], show_progress=False), pre_tokenizers.BertPreTokenizer(), normalizers.BertNormalizer()),
    "cased": trained(models.WordPiece(unk_token="[UNK]"), trainers.WordPieceTrainer(vocab_size=160, special_tokens=["[UNK]"], show_progress=False), pre_tokenizers.BertPreTokenizer(), normalizers.BertNormalizer(lowercase=False)),
    "unigram": trained(models.Unigram(), trainers.UnigramTrainer(vocab_size=120, special_tokens=["<unk>"], unk_token="<unk>", show_progress=False), pre_tokenizers.Metaspace()),
}, __file__)
