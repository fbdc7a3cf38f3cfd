// Package coverage holds the repository to what it says about itself. Its tests fail when
//
//   - coverage.json, which maps the rows of the feature catalogue to the names that provide them and the tests that prove
//     them, names something that is gone: {"L01": {"title": "ordinary least squares", "names": ["linear.OLS"], "tests":
//     ["linear.TestOLS"]}}
//   - the README's feature table is not the one made from coverage.json; go test ./internal/coverage -update writes it
//   - an import points upwards, or a folder appears at the top
//   - something but internal/cuda and internal/cuda/fake uses cgo, or one of their files is not behind the tag cuda
//   - the default build, by what go list -deps says of it, links a module that was not decided on, internal/cuda, or cgo outside the standard library
//   - the waivers of conformance laws in tests are not those listed in waivers.txt
//
// Names are a package, by its folder (the root is ml), and an exported name in it: ml.Save, linear.Ridge,
// linear.Ridge.Fit, internal/par.For. Tests may be tests, fuzz targets, benchmarks and examples: linear.TestOLS.
//
// All but the default build's packages is read from source, without type checking.
package coverage
