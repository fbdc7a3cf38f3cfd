// Package textuax has tokenizers for features.TextAnalysis that need Unicode's tables and Snowball's stemmers: a module of its own, so
// that programs without them link neither.
//
//	words := features.CountVectorizer{Text: features.TextAnalysis{
//		Tokenizer: textuax.Stems{Language: "english", Words: textuax.Words{}},
//	}}
//
// [Words] are words as Unicode's annex 29 says (github.com/rivo/uniseg). [Stems] bring words to their stem by the algorithms of
// Snowball (github.com/blevesearch/snowballstem). Both are plain data, and are saved with the model.
package textuax
