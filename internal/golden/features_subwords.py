"""Goldens of subword tokenizers: small ones, trained by Hugging Face's tokenizers 0.23.3 on the lines below, and the pieces they make of texts."""

from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers

from common import write

LINES = ["The quick brown fox jumps over the lazy dog, and the dog's friends don't mind.", "It's 2026: machines learn 1,234 things a day; they've learnt a lot.",
         "Un café à Zürich coûte 4,50 francs.", "unhappiness, happiness, unhappily and happier: the happiest of words", "low lower lowest new newer newest wide wider widest"]
TEXTS = LINES + ["", " ", "  two  spaces\tand tabs\n\n end ", "Unseen words: zebras' quizzes, 中文 and emoji 🙂!", "newlowest unfoxy", "they'll we're I'd 'quoted'", "ÀÉÎ naïve façade", "a" * 120, "x🙂🙂y"]


def trained(model, trainer, split, normal=None):
    t = Tokenizer(model)
    t.pre_tokenizer = split
    if normal is not None:
        t.normalizer = normal
    t.train_from_iterator(LINES, trainer)
    ids = [t.encode(x).ids for x in TEXTS]
    return {"file": t.to_str(), "pieces": [[t.id_to_token(i) for i in row] for row in ids]}


byte_alphabet = pre_tokenizers.ByteLevel.alphabet()
write("features/testdata/subwords.json", {
    "texts": TEXTS,
    "gpt2": trained(models.BPE(), trainers.BpeTrainer(vocab_size=380, initial_alphabet=byte_alphabet, show_progress=False), pre_tokenizers.ByteLevel(add_prefix_space=False)),
    "roberta": trained(models.BPE(), trainers.BpeTrainer(vocab_size=380, initial_alphabet=byte_alphabet, show_progress=False), pre_tokenizers.ByteLevel(add_prefix_space=True)),
    "bpe": trained(models.BPE(unk_token="[UNK]"), trainers.BpeTrainer(vocab_size=150, special_tokens=["[UNK]"], show_progress=False), pre_tokenizers.Whitespace(), normalizers.Lowercase()),
    "bpefused": trained(models.BPE(unk_token="<unk>", fuse_unk=True, end_of_word_suffix="</w>"), trainers.BpeTrainer(vocab_size=150, special_tokens=["<unk>"], end_of_word_suffix="</w>", show_progress=False), pre_tokenizers.WhitespaceSplit()),
    "bert": trained(models.WordPiece(unk_token="[UNK]"), trainers.WordPieceTrainer(vocab_size=160, special_tokens=["[UNK]"], show_progress=False), pre_tokenizers.BertPreTokenizer(), normalizers.BertNormalizer()),
    "cased": trained(models.WordPiece(unk_token="[UNK]"), trainers.WordPieceTrainer(vocab_size=160, special_tokens=["[UNK]"], show_progress=False), pre_tokenizers.BertPreTokenizer(), normalizers.BertNormalizer(lowercase=False)),
    "unigram": trained(models.Unigram(), trainers.UnigramTrainer(vocab_size=120, special_tokens=["<unk>"], unk_token="<unk>", show_progress=False), pre_tokenizers.Metaspace()),
}, __file__)
