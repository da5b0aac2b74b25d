package human

import (
	"fmt"
	"math"
	"strconv"
)

// Count writes a whole number with a comma at each thousand.
func Count[T int | int64](n T) string {
	s := strconv.FormatInt(int64(n), 10)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// ShortCount writes a whole number in at most 4 cells, and its sign: 234, 1.2k,
// 12k, 1M.
func ShortCount[T int | int64](n T) string {
	v := math.Abs(float64(n))
	if v < 1000 {
		return strconv.FormatInt(int64(n), 10)
	}
	units := "kMGTPE"
	for v /= 1000; v >= 999.5; v /= 1000 {
		units = units[1:]
	}
	if v < 9.95 {
		v = math.Round(10*v) / 10
	} else {
		v = math.Round(v)
	}
	return strconv.FormatFloat(math.Copysign(v, float64(n)), 'f', -1, 64) + units[:1]
}

// Plural writes how many there are of something: 1 request, 1,234 requests.
func Plural[T int | int64](n T, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return Count(n) + " " + one + "s"
}

// Share writes a share, 0 to 1, with one decimal. 100.0% is all, and 0.0% nothing.
func Share(v float64) string {
	p := math.Round(v*1000) / 10
	switch {
	case p >= 100 && v < 1:
		p = 99.9
	case p <= 0 && v > 0:
		p = 0.1
	}
	return fmt.Sprintf("%.1f%%", p)
}

// Dollars writes an amount of nano-dollars: $0, $0.000012, $0.0123, $4.56, $1,234. Below a cent it
// has two digits, below a dollar four decimals, and from a hundred dollars none.
func Dollars(nanodollars int64) string {
	v := float64(nanodollars) / 1e9
	switch {
	case nanodollars == 0:
		return "$0"
	case v < 0.01:
		decimals := 1 - int(math.Floor(math.Log10(v)))
		return "$" + strconv.FormatFloat(v, 'f', decimals, 64)
	case v < 0.99995:
		return "$" + strconv.FormatFloat(v, 'f', 4, 64)
	case v < 99.995:
		return "$" + strconv.FormatFloat(v, 'f', 2, 64)
	default:
		return "$" + Count(int64(math.Round(v)))
	}
}

// ShortDollars writes an amount of nano-dollars in at most 6 cells: <$0.01, $0.34, $4.56, $1.2k.
func ShortDollars(nanodollars int64) string {
	switch v := float64(nanodollars) / 1e9; {
	case nanodollars == 0:
		return "$0"
	case v < 0.005:
		return "<$0.01"
	case v < 99.995:
		return "$" + strconv.FormatFloat(v, 'f', 2, 64)
	default:
		return "$" + ShortCount(int64(math.Round(v)))
	}
}
