package client

import (
	"net/url"
	"strings"
	"testing"
)

func TestParseAddress(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"http://host", "http://host/api/queue/metrics"},
		{"http://host/", "http://host/api/queue/metrics"},
		{"HTTPS://host/prefix", "https://host/prefix/api/queue/metrics"},
		{"https://host/prefix/", "https://host/prefix/api/queue/metrics"},
		{"http://host:3000/api/queue/metrics", "http://host:3000/api/queue/metrics"},
		{"http://host:3000/api/queue/metrics/", "http://host:3000/api/queue/metrics/"},
		{"http://host/wire/warning.json", "http://host/wire/warning.json"},
		{"http://host/queue/metrics?key=k", "http://host/queue/metrics?key=k"},
		{"host:3000", "http://host:3000/api/queue/metrics"},
		{"localhost", "http://localhost/api/queue/metrics"},
		{"localhost:3000/prefix", "http://localhost:3000/prefix/api/queue/metrics"},
		{"127.0.0.1:3000", "http://127.0.0.1:3000/api/queue/metrics"},
		{"[::1]:3000", "http://[::1]:3000/api/queue/metrics"},
		{"::1", "http://[::1]/api/queue/metrics"},
		{" http://host#top ", "http://host/api/queue/metrics"},
		{"http://host:", "http://host/api/queue/metrics"},
		{"http://user:secret@host", "http://host/api/queue/metrics"},
		{"http://host/a%2Fb", "http://host/a%2Fb/api/queue/metrics"},
	} {
		u, _, err := parseAddress(c.in)
		if err != nil || u.String() != c.want {
			t.Errorf("parseAddress(%q): got %v, %v, want %s", c.in, u, err, c.want)
		} else if u.Path[0] != '/' {
			t.Errorf("parseAddress(%q): the path %q is relative", c.in, u.Path)
		}
	}
}

func TestParseAddressErrors(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"", "client: no address: give a URL such as http://127.0.0.1:3000"},
		{"  ", "client: no address: give a URL such as http://127.0.0.1:3000"},
		{"ftp://host", `client: the scheme is "ftp": write http:// or https://`},
		{"unix:///run/x", `client: the scheme is "unix": write http:// or https://`},
		{"http://", `client: "http://" names no host: write it as http://host:port`},
		{"http:///metrics", `client: "http:///metrics" names no host: write it as http://host:port`},
		{":3000", `client: "http://:3000" names no host: write it as http://host:port`},
		{"http://host:99999", "client: the port is 99999: must be from 1 to 65535"},
		{"http://host:0", "client: the port is 0: must be from 1 to 65535"},
		{"http://host:abc", `client: "http://host:abc" is not a URL: write it as http://host:port or https://host/prefix`},
		{"two words", `client: "http://two words" is not a URL: write it as http://host:port or https://host/prefix`},
		{"a\x1b[2Jb", `client: "http://ab" is not a URL: write it as http://host:port or https://host/prefix`},
		{"http://user:se%zzcret@host", "client: the address is not a URL: write it as http://host:port or https://host/prefix"},
		{"http://user:se/cret@host", "client: the address is not a URL: write it as http://host:port or https://host/prefix"},
		{"http://:@?token=secret", "client: the address names no host: write it as http://host:port"},
		{"http://" + strings.Repeat("%", 600), "client: the address is not a URL: write it as http://host:port or https://host/prefix"},
	} {
		_, _, err := parseAddress(c.in)
		if err == nil || err.Error() != c.want {
			t.Errorf("parseAddress(%q): got %v, want %s", c.in, err, c.want)
		}
	}
}

func FuzzAddress(f *testing.F) {
	for _, s := range []string{"http://host", "https://user:s3cr3t@host/prefix", "host:3000", "[::1]:1", "::1", "http://s3cr3t@/", "http://a:s3cr3t%@b", "localhost", "x?s3cr3t", "http://h/\u202e"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, address string) {
		s, err := NewHTTP(address, HTTPOptions{})
		if err != nil {
			if !strings.HasPrefix(err.Error(), "client: ") || err.Error() != Clean(err.Error()) {
				t.Errorf("NewHTTP(%q): %q", address, err)
			}
			if strings.Contains(address, "@") && strings.Contains(err.Error(), "s3cr3t") {
				t.Errorf("NewHTTP(%q) tells the secret: %v", address, err)
			}
			return
		}
		defer func() { _ = s.Close() }()
		name := s.Name()
		if name != Clean(name) || !strings.HasPrefix(name, "http") || strings.ContainsAny(name, "?#") {
			t.Errorf("NewHTTP(%q): name %q", address, name)
		}
		u, err := url.Parse(s.url.String())
		if err != nil || u.Host == "" || u.User != nil {
			t.Errorf("NewHTTP(%q): asks %v (%v)", address, s.url, err)
		}
	})
}
