module github.com/gopherwood-ml/ml/features/textuax

go 1.26.0

require (
	github.com/blevesearch/snowballstem v0.9.0
	github.com/gopherwood-ml/ml v0.0.0
	github.com/rivo/uniseg v0.4.7
	github.com/stretchr/testify v1.12.1
)

require (
	github.com/klauspost/cpuid/v2 v2.4.2 // indirect
	go.yaml.in/yaml/v3 v3.0.5 // indirect
	golang.org/x/sys v0.49.0 // indirect
	gonum.org/v1/gonum v0.17.0 // indirect
)

replace github.com/gopherwood-ml/ml => ../../
