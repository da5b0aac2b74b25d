package serve

import "testing"

func TestSizes(t *testing.T) {
	for text, want := range map[string]struct {
		bytes int64
		shown string
	}{
		"2GB": {2e9, "2GB"}, "2 gb": {2e9, "2GB"}, "500MB": {5e8, "500MB"}, "1500MB": {1.5e9, "1500MB"}, "64kb": {64e3, "64kB"},
		"7": {7, "7B"}, "7B": {7, "7B"}, "0": {0, "0"}, "1TB": {1e12, "1TB"},
		"": {-1, ""}, "GB": {-1, ""}, "-1GB": {-1, ""}, "1.5GB": {-1, ""}, "2GiB": {-1, ""}, "99999999999TB": {-1, ""}, "1e9": {-1, ""},
	} {
		var s size
		if err := s.Set(text); (err != nil) != (want.bytes < 0) {
			t.Errorf("%q: got %v", text, err)
		} else if err == nil && (int64(s) != want.bytes || s.String() != want.shown) {
			t.Errorf("%q: got %d, shown as %q, want %v", text, int64(s), s.String(), want)
		}
	}
}
