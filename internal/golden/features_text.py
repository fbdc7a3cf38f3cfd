"""Text vectorizers of scikit-learn on a few odd texts: terms, and the stored numbers of every row."""

import numpy as np
from common import write
from sklearn.feature_extraction.text import CountVectorizer, HashingVectorizer, TfidfTransformer, TfidfVectorizer

train = [
    "The quick brown fox jumps over the lazy dog. The dog sleeps.",
    "A fox is no dog, but a DOG may be a fox's friend\n\n  in  2024_05!",
    "Straße, ÉCOLE École école; naïve café — 東京 東京都 ½ ²³ x²y İstanbul ΣΊΣΥΦΟΣ ΟΔΟΣ Ёлка",
    "one  two\tthree   two three two",
    "under_score snake_case 3.14 e-mail user@example.com don't it's",
    "",
    "dog",
    "a b c",
    "e\u0301te\u0301 combining, \u1ea4n t\u01b0\u1ee3ng, \u0130 \u00a0 nbsp\u2003em",
]
test = ["the fox and the cat", "ÉCOLE sleeps dog dog", "", "two three four  five\n\nsix", "x y"]
stop = ["the", "is", "be", "no"]
cases = {}


def sparse(x):
    x = x.tocsr()
    x.sort_indices()
    return {"indptr": x.indptr, "indices": x.indices, "values": x.data, "columns": x.shape[1]}


def case(name, v, train=train):
    x = v.fit_transform(train)
    terms = list(v.get_feature_names_out()) if hasattr(v, "vocabulary_") else []
    idf = getattr(v, "idf_", []) if isinstance(v, TfidfVectorizer) and v.use_idf else []
    cases[name] = {"terms": terms, "idf": idf, "train": sparse(x), "test": sparse(v.transform(test))}


case("count", CountVectorizer())
case("count case", CountVectorizer(lowercase=False))
# Letters and their accents alone: scikit-learn also writes characters that only look like others as those others.
case("count accents", CountVectorizer(strip_accents="unicode"), [t.translate({ord(c): None for c in "½²³"}) for t in train])
case("count bigrams", CountVectorizer(ngram_range=(1, 3), stop_words=stop))
case("count only bigrams", CountVectorizer(ngram_range=(2, 2)))
case("count binary", CountVectorizer(binary=True))
case("count df", CountVectorizer(min_df=2, max_df=2))
case("count shares", CountVectorizer(min_df=0.2, max_df=0.5))
case("count features", CountVectorizer(max_features=2))
case("count given", CountVectorizer(vocabulary=["dog", "cat", "two three", "two"], ngram_range=(1, 2)))
case("count single", CountVectorizer(token_pattern=r"(?u)\b\w+\b"))
case("count fields", CountVectorizer(tokenizer=str.split, token_pattern=None))
case("char", CountVectorizer(analyzer="char", ngram_range=(1, 3)))
case("char long", CountVectorizer(analyzer="char", ngram_range=(4, 4)))
case("char_wb", CountVectorizer(analyzer="char_wb", ngram_range=(2, 5)))
case("char_wb one", CountVectorizer(analyzer="char_wb", ngram_range=(1, 1)))
case("tfidf", TfidfVectorizer())
case("tfidf l1", TfidfVectorizer(norm="l1", sublinear_tf=True))
case("tfidf bare", TfidfVectorizer(norm=None, smooth_idf=False, binary=True))
case("tfidf no idf", TfidfVectorizer(use_idf=False, min_df=2))
case("hash", HashingVectorizer())
case("hash small", HashingVectorizer(n_features=10, norm=None, ngram_range=(1, 2)))
case("hash unsigned", HashingVectorizer(n_features=50, norm="l1", alternate_sign=False))
case("hash binary", HashingVectorizer(n_features=20, binary=True, analyzer="char_wb", ngram_range=(3, 3)))
counts = CountVectorizer().fit_transform(train)
t = TfidfTransformer(sublinear_tf=True).fit(counts)
transformer = {"counts": sparse(counts), "idf": t.idf_, "weighted": sparse(t.transform(counts))}
write("features/testdata/text.json", {"train": train, "test": test, "stop": stop, "cases": cases, "transformer": transformer}, __file__)
