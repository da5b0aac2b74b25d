package gateway

import (
	"net/http"
	"net/textproto"
	"strings"
)

// hopHeaders belong to one connection and not to the message (RFC 9110, 7.6.1).
var hopHeaders = []string{
	"Connection", "Keep-Alive", "Proxy-Authenticate", "Proxy-Authorization", "Proxy-Connection",
	"Te", "Trailer", "Transfer-Encoding", "Upgrade",
}

// clientHeaders are about the client and its way here, and none of the API's business: a
// browser's cookies for this host, the page that asks, the addresses of the client and of the
// proxies between. The API would also take the request for a browser's by some of them, and
// refuse it. All that begin with Sec-, which browsers alone set, and X-Forwarded- are left out,
// too.
var clientHeaders = []string{
	"Cookie", "Origin", "Referer", "Access-Control-Request-Method", "Access-Control-Request-Headers", "Access-Control-Request-Private-Network",
	"Forwarded", "Via", "X-Real-Ip", "True-Client-Ip", "Cf-Connecting-Ip", "X-Original-Url", "X-Rewrite-Url",
}

// hostHeaders tell a browser something about the host that it has asked, which is not the API:
// its cookies would go to whoever else asks here, and its promises of TLS or HTTP/3 are not
// kept here. All that begin with Access-Control- are left out, too: which pages may read an
// answer is for package access to say.
var hostHeaders = []string{
	"Set-Cookie", "Strict-Transport-Security", "Alt-Svc", "Clear-Site-Data", "Report-To", "Reporting-Endpoints", "Nel",
}

// headerPrefix starts the headers between the gateway and its clients. None is sent
// upstream.
const headerPrefix = "X-Paceline-"

// The gateway's own headers, of requests and answers.
const (
	headerRequestID = headerPrefix + "Request-Id"
	headerUser      = headerPrefix + "User"
	headerPriority  = headerPrefix + "Priority"
	headerWaited    = headerPrefix + "Waited-Ms"
	headerAttempts  = headerPrefix + "Attempts"
	headerLane      = headerPrefix + "Lane"
	headerRefused   = headerPrefix + "Refused"
	headerReason    = headerPrefix + "Reason"
	headerPosition  = headerPrefix + "Position"
	headerETA       = headerPrefix + "Eta-Ms"
	headerSimulated = headerPrefix + "Simulated"
)

// dropHops removes the headers that belong to the connection, with those that
// Connection names.
func dropHops(h http.Header) {
	for _, line := range h["Connection"] {
		for name := range strings.SplitSeq(line, ",") {
			if name = textproto.TrimString(name); name != "" {
				h.Del(name)
			}
		}
	}
	for _, name := range hopHeaders {
		delete(h, name)
	}
}

// upstreamHeader returns the header for the upstream, with key instead of the
// client's own, if it is not empty.
func upstreamHeader(from http.Header, key string) http.Header {
	h := make(http.Header, len(from)+1)
	for name, values := range from {
		if !strings.HasPrefix(name, headerPrefix) && !strings.HasPrefix(name, "Sec-") && !strings.HasPrefix(name, "X-Forwarded-") {
			h[name] = values
		}
	}
	dropHops(h)
	for _, name := range clientHeaders {
		delete(h, name)
	}
	delete(h, "Content-Length") // set from the body that is sent
	delete(h, "Expect")         // the body was read already
	if _, ok := h["User-Agent"]; !ok {
		h["User-Agent"] = nil // not Go's default
	}
	if key != "" {
		delete(h, "Authorization")
		h["X-Api-Key"] = []string{key}
	}
	return h
}

// passHeader copies an answer's header for the client, beside what is in its own already.
func passHeader(to, from http.Header) {
	dropHops(from)
	for _, name := range hostHeaders {
		delete(from, name)
	}
	for name, values := range from {
		switch {
		case strings.HasPrefix(name, "Access-Control-"):
		case name == "Vary":
			to[name] = append(to[name], values...)
		default:
			to[name] = values
		}
	}
	if _, ok := to["Content-Type"]; !ok {
		to["Content-Type"] = nil // no guess of Go's
	}
}

// forbidBuffering asks the proxies on the way to pass on each event of a stream as it comes,
// and unchanged: nginx would collect them, others would compress them.
func forbidBuffering(h http.Header) {
	h["X-Accel-Buffering"] = []string{"no"}
	h["Cache-Control"] = []string{"no-cache, no-transform"}
}

// keyOf returns the API key that a client sent; empty if there is none.
func keyOf(h http.Header) string {
	if key := h.Get("X-Api-Key"); key != "" {
		return key
	}
	scheme, key, _ := strings.Cut(h.Get("Authorization"), " ")
	if strings.EqualFold(scheme, "Bearer") {
		return strings.TrimSpace(key)
	}
	return ""
}

// isHeaderValue reports whether a key can be sent in a header.
func isHeaderValue(key string) bool {
	return !strings.ContainsFunc(key, func(r rune) bool { return r < ' ' || r == 0x7f })
}
