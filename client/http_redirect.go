package client

import (
	"errors"
	"net/http"
	"net/url"
	"path"
	"strings"
)

// maxRedirects is the largest number of redirects that are followed.
const maxRedirects = 5

// checkRedirect allows redirects within one host only, also from http to https, so
// that neither headers nor a token reach another host. It refuses a redirect that
// would turn a POST into a GET.
func checkRedirect(r *http.Request, via []*http.Request) error {
	from, to := via[0], r.URL
	hint := "use the address it leads to, if it is the right one"
	switch {
	case !sameHost(from.URL, to):
		return &Failure{Words: "redirected to " + plainAddress(to), Hint: hint, Err: errors.New("client: redirected elsewhere")}
	case r.Method != from.Method:
		return &Failure{Words: "redirected to " + plainAddress(to) + ", where nothing can be " + actionName(from), Hint: hint, Err: errors.New("client: a " + from.Method + " was redirected")}
	case len(via) > maxRedirects:
		return &Failure{Words: "redirected in a circle", Hint: "is this the right address?", Err: errors.New("client: too many redirects")}
	default:
		return nil
	}
}

// sameHost reports whether two URLs have the same host, port and scheme, or differ by
// the upgrade from http to https on the usual ports.
func sameHost(from, to *url.URL) bool {
	upgrade := from.Scheme == "http" && to.Scheme == "https" && port(from) == "80" && port(to) == "443"
	same := from.Scheme == to.Scheme && port(from) == port(to)
	return strings.EqualFold(from.Hostname(), to.Hostname()) && (same || upgrade)
}

// port returns the port of u, or that of its scheme.
func port(u *url.URL) string {
	switch {
	case u.Port() != "":
		return u.Port()
	case u.Scheme == "https":
		return "443"
	default:
		return "80"
	}
}

// actionName returns what a request would have done to the queue: "reset".
func actionName(r *http.Request) string {
	switch {
	case r.Method == http.MethodPatch:
		return "changed"
	case path.Base(r.URL.Path) == lanesName:
		return "resumed"
	default:
		return "reset"
	}
}
