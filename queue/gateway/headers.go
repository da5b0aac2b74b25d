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

// ourPrefix starts the names of the headers between us and our clients. None is
// sent upstream.
const ourPrefix = "X-Paceline-"

// The headers of ours that a client may send or get.
const (
	headerRequestID = ourPrefix + "Request-Id"
	headerUser      = ourPrefix + "User"
	headerPriority  = ourPrefix + "Priority"
	headerWaited    = ourPrefix + "Waited-Ms"
	headerAttempts  = ourPrefix + "Attempts"
	headerLane      = ourPrefix + "Lane"
	headerRefused   = ourPrefix + "Refused"
	headerReason    = ourPrefix + "Reason"
	headerPosition  = ourPrefix + "Position"
	headerETA       = ourPrefix + "Eta-Ms"
	headerSimulated = ourPrefix + "Simulated"
)

// dropHops takes out the headers that belong to the connection, those that
// Connection names among them.
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

// upstreamHeader returns what of a client's header goes upstream, with key in
// the place of the client's own, if there is one.
func upstreamHeader(from http.Header, key string) http.Header {
	h := make(http.Header, len(from)+1)
	for name, values := range from {
		if !strings.HasPrefix(name, ourPrefix) {
			h[name] = values
		}
	}
	dropHops(h)
	delete(h, "Content-Length") // of the body, as it is sent
	delete(h, "Expect")         // the body is here already
	if _, ok := h["User-Agent"]; !ok {
		h["User-Agent"] = nil // and none of Go's
	}
	if key != "" {
		delete(h, "Authorization")
		h["X-Api-Key"] = []string{key}
	}
	return h
}

// passHeader copies an answer's header for the client.
func passHeader(to, from http.Header) {
	dropHops(from)
	for name, values := range from {
		to[name] = values
	}
	if _, ok := to["Content-Type"]; !ok {
		to["Content-Type"] = nil // and none of Go's guesses
	}
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

// headerValue reports whether a key can be sent in a header.
func headerValue(key string) bool {
	return !strings.ContainsFunc(key, func(r rune) bool { return r < ' ' || r == 0x7f })
}
