package datasets

import (
	"compress/gzip"
	_ "embed" // a string for each file, so that the linker drops the sets a program does not use
	"io"
	"math"
	"slices"
	"strings"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/tensor"
)

var (
	//go:embed data/iris.csv
	irisCSV string
	//go:embed data/wine.csv
	wineCSV string
	//go:embed data/breast_cancer.csv.gz
	breastCancerGzip string
	//go:embed data/digits.csv.gz
	digitsGzip string
	//go:embed data/diabetes.csv
	diabetesCSV string
	//go:embed data/linnerud.csv
	linnerudCSV string
	//go:embed data/penguins.csv
	penguinsCSV string
	//go:embed data/longley.csv
	longleyCSV string
	//go:embed data/mtcars.csv
	mtcarsCSV string
	//go:embed data/airpassengers.csv
	airPassengersCSV string
	//go:embed data/titanic.csv
	titanicCSV string
)

// Iris returns 150 iris flowers of three species, 50 each: length and width of sepals and petals in cm.
// One species is linearly separable from the others. This is Fisher's table (as in R and scikit-learn), not the UCI
// copy, which has two wrong rows.
//
// Source: R. A. Fisher, The use of multiple measurements in taxonomic problems, Annals of Eugenics 7 (1936).
// Licence: CC BY 4.0 (UCI Machine Learning Repository, doi 10.24432/C56C76).
func Iris() ml.Dataset[int] {
	return classification(irisCSV, []string{"setosa", "versicolor", "virginica"})
}

// Wine returns the chemical analysis of 178 wines of one Italian region, from three cultivars (59, 71 and 48): 13
// measurements on very different scales.
//
// Source: S. Aeberhard, M. Forina, Wine (1991). Licence: CC BY 4.0 (UCI, doi 10.24432/C5PC7J).
func Wine() ml.Dataset[int] {
	return classification(wineCSV, []string{"class_0", "class_1", "class_2"})
}

// BreastCancer returns 569 fine needle aspirates of breast masses, 212 malignant (class 0) and 357 benign (class 1):
// mean, standard error and worst value of ten measurements of the cell nuclei, 30 columns.
//
// Source: W. Wolberg, O. Mangasarian, N. Street, W. Street, Breast Cancer Wisconsin (Diagnostic) (1995).
// Licence: CC BY 4.0 (UCI, doi 10.24432/C5DW2B).
func BreastCancer() ml.Dataset[int] {
	return classification(unzip(breastCancerGzip), []string{"malignant", "benign"})
}

// Digits returns 1797 handwritten digits as 8 x 8 images, row by row in 64 columns; a pixel is an integer 0..16. This
// is the test part of the UCI set, by 13 writers.
//
// Source: E. Alpaydin, C. Kaynak, Optical Recognition of Handwritten Digits (1998).
// Licence: CC BY 4.0 (UCI, doi 10.24432/C50P49).
func Digits() ml.Dataset[int] {
	return classification(unzip(digitsGzip), []string{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"})
}

// Diabetes returns 442 diabetes patients: age, sex, body mass index, blood pressure and six serum measurements, and as
// target a measure of disease progression after one year (25 to 346). Every column is centred and scaled to a sum of
// squares of 1, as in the paper and in scikit-learn; DiabetesRaw has the original units.
//
// Source: B. Efron, T. Hastie, I. Johnstone, R. Tibshirani, Least angle regression, Annals of Statistics 32 (2004);
// published by its authors for free use with the paper, without a formal licence.
func Diabetes() ml.Dataset[float64] {
	d := DiabetesRaw()
	x := d.X.(*tensor.Tensor[float64])
	n, p := x.Dims()
	for j := range p {
		mean, ss := 0.0, 0.0
		for i := range n {
			mean += x.At(i, j)
		}
		mean /= float64(n)
		for i := range n {
			v := x.At(i, j) - mean
			ss += float64(v * v)
			x.Set(v, i, j)
		}
		scale := math.Sqrt(ss)
		for i := range n {
			x.Set(x.At(i, j)/scale, i, j)
		}
	}
	return d
}

// DiabetesRaw is Diabetes in its original units: age in years, sex 1 or 2, body mass index in kg/m2, mean arterial
// blood pressure, and s1 to s6 (total cholesterol, LDL, HDL, total/HDL ratio, log of triglycerides, glucose).
func DiabetesRaw() ml.Dataset[float64] { return regression(read(diabetesCSV)) }

// Linnerud returns 20 men of a fitness club: chin-ups, sit-ups and jumps as columns, and weight (pounds), waist
// (inches) and pulse, in this order, as the three targets named by LinnerudTargets.
//
// Source: A. C. Linnerud, North Carolina State University, in M. Tenenhaus, La régression PLS (1998). A table of
// measurements published without a licence.
func Linnerud() ml.Dataset[[]float64] {
	const inputs = 3
	t := read(linnerudCSV)
	x := t.X.(*tensor.Tensor[float64])
	y := make([][]float64, t.Rows())
	for i := range y {
		y[i] = slices.Clone(x.Row(i)[inputs:])
	}
	return ml.Dataset[[]float64]{Table: ml.Table{X: x.Cols(0, inputs).Clone(), Columns: t.Columns[:inputs:inputs]}, Y: y}
}

// LinnerudTargets names the outputs of Linnerud.
func LinnerudTargets() []string { return []string{"Weight", "Waist", "Pulse"} }

// Penguins returns 344 penguins of three species from three islands of the Palmer Archipelago. Island and sex are
// categorical columns; bill length and depth and flipper length are in mm, body mass in g, year is 2007 to 2009.
// Eleven rows lack the sex, two of them the measurements as well: those cells are NaN.
//
// Source: K. B. Gorman, T. D. Williams, W. R. Fraser, PLoS ONE 9(3): e90081 (2014), and Palmer Station Antarctica
// LTER; as in the package palmerpenguins of A. Horst, A. Hill and K. Gorman (2020). Licence: CC0.
func Penguins() ml.Dataset[int] {
	return own(sound(ml.ClassTarget(read(penguinsCSV), "species")))
}

// Longley returns 16 years (1947 to 1962) of US economic figures, nearly collinear, with total employment in thousands
// as target: a classic test of least squares, with certified results at NIST StRD. The columns are in NIST's order: GNP
// deflator, GNP (million dollars), unemployed and armed forces (thousands), population (thousands), year.
//
// Source: J. W. Longley, An appraisal of least squares programs, JASA 62 (1967). Public domain (NIST StRD, a US
// government work).
func Longley() ml.Dataset[float64] { return regression(read(longleyCSV)) }

// Mtcars returns 32 cars of 1973 and 1974 with fuel economy in miles per US gallon as target, and ten columns: cylinders,
// displacement (cubic inches), horsepower, rear axle ratio, weight (1000 lb), quarter mile time (s), engine shape
// (vs: 0 = V, 1 = straight), transmission (am: 0 = automatic, 1 = manual), gears and carburettors. MtcarsModels names the rows.
//
// Source: Motor Trend (1974), as in H. V. Henderson, P. F. Velleman, Building multiple regression models interactively,
// Biometrics 37 (1981). A table of facts published without a licence; the copy is from plotnine (MIT).
func Mtcars() ml.Dataset[float64] {
	return regression(sound(ml.DropColumns(read(mtcarsCSV), "model")))
}

// MtcarsModels returns the model names of the rows of Mtcars.
func MtcarsModels() []string {
	t := read(mtcarsCSV)
	names := make([]string, t.Rows())
	for i := range names {
		names[i] = t.Columns[0].Levels[int(t.X.At(i, 0))]
	}
	return names
}

// AirPassengers returns the monthly totals of international airline passengers, in thousands, from January 1949 to
// December 1960, in order of time: 144 rows with the columns year and month (1 to 12), both numeric. Trend and season
// both grow. Split it by time, not at random.
//
// Source: R. G. Brown (1963); G. E. P. Box, G. M. Jenkins, Time Series Analysis (1970), series G. A table of facts
// published without a licence.
func AirPassengers() ml.Dataset[float64] { return regression(read(airPassengersCSV)) }

// Titanic returns the 2201 people aboard, by class (1st, 2nd, 3rd, crew), sex and age (adult or child), all three
// categorical, with survival as target: 711 survived. Rows with equal cells are adjacent, so shuffle before splitting
// by position.
//
// Source: British Board of Trade inquiry (1912), as tabulated by R. J. M. Dawson, The "unusual episode" data revisited,
// Journal of Statistics Education 3 (1995). The counts are facts of a public record; the copy is the table in R's datasets.
func Titanic() ml.Dataset[int] {
	counted := sound(ml.WeightColumn(read(titanicCSV), "count"))
	var people []int
	for i, n := range counted.Weight {
		people = append(people, slices.Repeat([]int{i}, int(n))...)
	}
	counted.Weight = nil
	return own(sound(ml.ClassTarget(counted.Select(people), "survived")))
}

// classification takes the last column for class codes and the others for numbers.
func classification(text string, classes []string) ml.Dataset[int] {
	d := sound(ml.ClassTarget(read(text), ""))
	d.Classes = classes
	return own(d)
}

// regression takes the last column for the target and the others for numbers.
func regression(t ml.Table) ml.Dataset[float64] { return own(sound(ml.FloatTarget(t, ""))) }

// own gives the columns memory of their own: they lay beside the target.
func own[Y any](d ml.Dataset[Y]) ml.Dataset[Y] {
	d.X = d.X.(*tensor.Tensor[float64]).Clone()
	return d
}

func unzip(data string) string {
	z := sound(gzip.NewReader(strings.NewReader(data)))
	return string(sound(io.ReadAll(z)))
}

func read(text string) ml.Table { return sound(ml.ReadCSV(strings.NewReader(text), ml.CSV{})) }

// sound returns v. Every embedded file is read by a test, so one that cannot be read is a broken build, not bad input.
func sound[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
