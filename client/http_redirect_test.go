package client

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
)

// A request with its token goes to the host it was meant for, or nowhere.
func TestHTTPRedirects(t *testing.T) {
	elsewhere := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("a request reached the other host: %v", r.Header)
	})
	for _, c := range []struct {
		method, to  string
		status      int
		words, hint string // none: it works
	}{
		{"GET", "/there", 302, "", ""},
		{"GET", "/there", 308, "", ""},
		{"POST", "/there", 308, "", ""},
		{"POST", "/there", 302, "where nothing can be reset", "use the address"},
		{"GET", elsewhere.URL + "/x?token=s3cr3t", 302, "redirected to " + elsewhere.URL + "/x", "use the address"},
		{"POST", elsewhere.URL, 307, "redirected to " + elsewhere.URL, ""},
		{"GET", "//user:s3cr3t@elsewhere.test/", 302, "redirected to http://elsewhere.test/", ""},
		{"GET", "/here", 302, "redirected in a circle", "right address"},
		{"GET", "", 302, "302 found", "right address"},
	} {
		t.Run(fmt.Sprint(c.method, c.status, c.to), func(t *testing.T) {
			server := serve(t, func(w http.ResponseWriter, r *http.Request) {
				check(t, "token", r.Header.Get("Authorization"), "Bearer t")
				switch {
				case r.URL.Path == "/there" && r.Method == http.MethodPost:
					_, _ = io.WriteString(w, `{"success":true}`)
				case r.URL.Path == "/there":
					_, _ = io.WriteString(w, good)
				default:
					if c.to != "" {
						w.Header().Set("Location", c.to)
					}
					w.WriteHeader(c.status)
				}
			})
			s := newHTTP(t, server.URL, HTTPOptions{Token: "t"})
			var err error
			if c.method == http.MethodGet {
				_, err = s.Poll(t.Context())
			} else {
				err = s.Reset(t.Context())
			}
			if c.words == "" {
				check(t, "error", err, nil)
				return
			}
			says(t, err, c.words, c.hint)
			if strings.Contains(err.Error(), "s3cr3t") {
				t.Errorf("the secret is told: %v", err)
			}
		})
	}
}

func TestSameHost(t *testing.T) {
	for _, c := range []struct {
		from, to string
		want     bool
	}{
		{"http://a/x", "http://A:80/y", true},
		{"http://a/x", "https://a/x", true},
		{"https://a/x", "http://a/x", false},
		{"http://a:3000", "https://a:3000", false},
		{"http://a:3000", "http://a:4000", false},
		{"http://a", "http://b", false},
		{"http://a", "http://a.evil", false},
	} {
		from, _, _ := parseAddress(c.from)
		to, _, _ := parseAddress(c.to)
		check(t, c.from+" to "+c.to, sameHost(from, to), c.want)
	}
}
