package serve

import (
	"errors"
	"strconv"
	"strings"
)

// size is a number of bytes, as a flag: 2GB, 500MB, 64kB or a number alone.
type size int64

// units are those of a size, the largest first.
var units = []struct {
	name  string
	bytes int64
}{{"TB", 1e12}, {"GB", 1e9}, {"MB", 1e6}, {"kB", 1e3}, {"B", 1}}

// String implements pflag.Value.
func (s *size) String() string {
	for _, u := range units {
		if n := int64(*s); n != 0 && n%u.bytes == 0 {
			return strconv.FormatInt(n/u.bytes, 10) + u.name
		}
	}
	return "0"
}

// Set implements pflag.Value.
func (s *size) Set(text string) error {
	number, bytes := strings.TrimSpace(text), int64(1)
	for _, u := range units {
		if cut := len(number) - len(u.name); cut > 0 && strings.EqualFold(number[cut:], u.name) {
			number, bytes = strings.TrimSpace(number[:cut]), u.bytes
			break
		}
	}
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil || n < 0 || n > 1e15/bytes {
		return errors.New("not a size")
	}
	*s = size(n * bytes)
	return nil
}

// Type implements pflag.Value.
func (s *size) Type() string { return "size" }
