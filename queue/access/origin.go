package access

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"paceline/queue/internal/urlpath"
)

// Origin is where a web page comes from, as browsers write it: https://app.example, or null
// where they tell nobody. With a scheme alone, such as vscode-webview:, it is every page of
// that scheme, for those whose names are made up anew each time.
type Origin string

// ParseOrigin reads an origin that may be allowed.
func ParseOrigin(text string) (Origin, error) {
	scheme, opaque, _ := strings.Cut(strings.ToLower(text), ":")
	if opaque == "" && scheme != "" && scheme != "http" && scheme != "https" && strings.HasSuffix(text, ":") {
		if u, err := url.Parse(scheme + "://x"); err == nil && u.Scheme == scheme {
			return Origin(scheme + ":"), nil
		}
	}
	if o := originOf(text); o != "" {
		return o, nil
	}
	return "", fmt.Errorf("access: allowed origin %q: must be a scheme and a host alone, such as https://app.example, or a scheme such as vscode-webview:, or null", text)
}

// originOf returns the origin in a header, in its one form; empty if it is none.
func originOf(text string) Origin {
	if text == "null" {
		return "null"
	}
	u, err := url.Parse(strings.ToLower(text))
	if err != nil || u.Scheme == "" || u.Hostname() == "" || strings.Contains(u.Host, "*") || u.Scheme+"://"+u.Host != strings.ToLower(text) {
		return ""
	}
	return Origin(u.Scheme + "://" + withoutDefaultPort(u.Scheme, u.Host))
}

func withoutDefaultPort(scheme, host string) string {
	switch scheme {
	case "http":
		return strings.TrimSuffix(host, ":80")
	case "https":
		return strings.TrimSuffix(host, ":443")
	default:
		return host
	}
}

// checkOrigin returns the origin of the page that sends a request, if it is one that may read
// the answer, and refuses what another page made a browser send, whatever it asks for: it
// would spend money, take a place among the streams, or change the queue. A page of this very
// server is no other one; one of another port is. A client that is no browser sends none of
// these headers.
func (g *Guard) checkOrigin(r *http.Request, path string) (Origin, *refusal) {
	origins := r.Header["Origin"]
	if len(origins) == 0 {
		return "", checkFetchSite(r, path)
	}
	for _, text := range origins {
		switch origin := originOf(text); {
		case len(origins) > 1, origin == "":
		case ownOrigin(origin, r):
			return "", nil
		case g.origins[origin], g.origins[schemeOf(origin)]:
			return origin, nil
		}
	}
	return "", foreignOrigin(fmt.Sprintf("the page at %q may not use this server: if it is yours, start the server with --allow-origin %s",
		strings.Join(origins, ", "), originHint(origins[0])))
}

// ownOrigin reports whether an origin is the address that the request was sent to. Where
// there is no TLS here, a proxy may have it.
func ownOrigin(origin Origin, r *http.Request) bool {
	for _, scheme := range []string{"https", "http"} {
		if origin == Origin(scheme+"://"+withoutDefaultPort(scheme, strings.ToLower(r.Host))) {
			return scheme == "https" || r.TLS == nil
		}
	}
	return false
}

func schemeOf(origin Origin) Origin {
	scheme, _, _ := strings.Cut(string(origin), ":")
	return Origin(scheme + ":")
}

// checkFetchSite refuses a request that names no origin, but that a browser says comes from
// another one: a form's, an image's, or a script's that cannot read the answer. Somebody who
// follows a link to our figures may read them.
func checkFetchSite(r *http.Request, path string) *refusal {
	site := r.Header.Get("Sec-Fetch-Site")
	if site != "cross-site" && site != "same-site" {
		return nil
	}
	reads := r.Method == http.MethodGet || r.Method == http.MethodHead
	link := r.Header.Get("Sec-Fetch-Mode") == "navigate" && r.Header.Get("Sec-Fetch-Dest") == "document"
	if reads && link && !callsAPI(path) {
		return nil
	}
	return foreignOrigin("a page of another site made the browser send this: send it from a page that --allow-origin names, or without a browser")
}

// callsAPI reports whether a request of a clean path goes on to the API.
func callsAPI(path string) bool { return urlpath.Under(path, "/v1") || path == "/api/between/chat" }

func foreignOrigin(details string) *refusal {
	return &refusal{
		status: http.StatusForbidden, reason: "origin", kind: "permission_error", summary: "Origin not allowed", details: details,
	}
}

// originHint is what to type after --allow-origin: the origin if it looks like one, else the
// word ORIGIN, because the text may be pasted into a shell.
func originHint(text string) Origin {
	origin := originOf(text)
	_, host, _ := strings.Cut(string(origin), "://")
	if origin == "" || origin != "null" && strings.TrimLeftFunc(host, isPlainHost) != "" {
		return "ORIGIN"
	}
	return origin
}

// letRead says in the header of an answer that the page may read it, all of it but cookies:
// a browser sends none here, as credentials are not allowed.
func letRead(h http.Header, origin Origin) {
	h.Set("Access-Control-Allow-Origin", string(origin))
	h.Set("Access-Control-Expose-Headers", "*")
}

// preflightSeconds is how long a browser may remember that it may send.
const preflightSeconds = "600"

// isPreflight reports whether a browser asks whether a page may send a request.
func isPreflight(r *http.Request) bool {
	return r.Method == http.MethodOptions && r.Header.Get("Access-Control-Request-Method") != ""
}

// answerPreflight answers that the page may send what it wants to. Whether it gets an answer
// is decided then, as for everybody.
func answerPreflight(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Add("Vary", "Access-Control-Request-Method, Access-Control-Request-Headers")
	h.Set("Access-Control-Allow-Methods", r.Header.Get("Access-Control-Request-Method"))
	if asked := r.Header.Get("Access-Control-Request-Headers"); asked != "" {
		h.Set("Access-Control-Allow-Headers", asked)
	}
	if r.Header.Get("Access-Control-Request-Private-Network") == "true" {
		h.Set("Access-Control-Allow-Private-Network", "true") // a page of the internet asks for loopback
	}
	h.Set("Access-Control-Max-Age", preflightSeconds)
	w.WriteHeader(http.StatusNoContent)
}
