package gateway

import (
	"net/http"
	"testing"
)

// Only what is read may be asked for, and of that only what the client accepts.
func TestWhatTheUpstreamIsAskedFor(t *testing.T) {
	for _, c := range []struct {
		accept []string
		want   string
	}{
		{nil, "identity"}, {[]string{""}, "identity"},
		{[]string{"gzip"}, "gzip"}, {[]string{"x-gzip"}, "gzip"}, {[]string{"GZIP;Q=0.5"}, "gzip"},
		{[]string{"gzip, deflate, br, zstd"}, "gzip"}, {[]string{"br", "gzip"}, "gzip"},
		{[]string{"*"}, "gzip"}, {[]string{"*;q=0"}, "identity"}, {[]string{"gzip;q=0, *"}, "identity"},
		{[]string{"br"}, "identity"}, {[]string{"br, identity;q=0"}, "identity"},
		{[]string{"gzip;q=0"}, "identity"}, {[]string{"gzip;q=0.000"}, "identity"},
		{[]string{"gzip;q=0.5, identity"}, "identity"}, {[]string{"gzip, identity;q=0.5"}, "gzip"}, {[]string{"identity;q=0.5, *;q=0.1"}, "identity"},
		{[]string{"gzip ; q=0.8 , br"}, "gzip"}, {[]string{"gzip;q=x"}, "identity"}, {[]string{"gzip;q=-1"}, "identity"}, {[]string{"gzip;q=NaN"}, "identity"}, {[]string{",,;"}, "identity"},
	} {
		if got := askedCoding(http.Header{"Accept-Encoding": c.accept}); got != c.want {
			t.Errorf("%q: got %q, want %q", c.accept, got, c.want)
		}
	}
}
