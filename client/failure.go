package client

import (
	"compress/flate"
	"compress/gzip"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"time"

	"paceline/queue/human"
)

// Failure is the reason why a poll or a reset failed, in plain words. Its strings are
// cleaned and hold no password, token or query.
type Failure struct {
	Words string // one line: "connection refused"
	Hint  string // what to do, one line; may be empty
	Err   error  // the cause, for errors.Is; its text is not for the screen

	problem string // what the answer's own error is called; empty: it has none
}

// Error returns the words.
func (f *Failure) Error() string { return f.Words }

// Unwrap returns the cause.
func (f *Failure) Unwrap() error { return f.Err }

// statusError is the cause of a failure: the status of an answer, other than 200.
type statusError int

func (e statusError) Error() string { return fmt.Sprintf("client: status %d", int(e)) }

// ErrNotOffered is the cause of a failure: the server has nothing of the kind, so that asking
// again would change nothing until it is another server.
var ErrNotOffered = errors.New("client: not offered")

// Is reports whether the status says that there is no such endpoint, or no such method of it.
func (e statusError) Is(target error) bool {
	switch e {
	case http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusNotImplemented:
		return target == ErrNotOffered
	default:
		return false
	}
}

// tooLargeError is the cause of a failure: an answer of more bytes than this.
type tooLargeError int

func (e tooLargeError) Error() string {
	return fmt.Sprintf("client: answer of more than %d bytes", int(e))
}

// transportFailure explains an error of the connection to host. It never uses the
// text of a url.Error, which holds the address with its secrets.
func transportFailure(err error, host string, timeout time.Duration) *Failure {
	if f, ok := errors.AsType[*Failure](err); ok {
		return f
	}
	cause := err
	if u, ok := errors.AsType[*url.Error](err); ok {
		cause = u.Err
	}
	words, hint := causeOf(cause, host, timeout)
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "proxyconnect" {
		words, hint = "the proxy: "+words, "look at HTTP_PROXY, HTTPS_PROXY and NO_PROXY"
	}
	return &Failure{Words: Clean(words), Hint: Clean(hint), Err: cause}
}

// causeOf returns the words and the hint for an error of a connection.
func causeOf(err error, host string, timeout time.Duration) (words, hint string) {
	var netErr net.Error
	if most, ok := errors.AsType[tooLargeError](err); ok {
		return fmt.Sprintf("the answer is larger than %d MiB", int(most)>>20), "is this the right address?"
	}
	switch {
	case errors.Is(err, context.Canceled):
		return "cancelled", ""
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &netErr) && netErr.Timeout():
		return fmt.Sprintf("time-out: no whole answer within %s", human.Exact(timeout)),
			"is the server overloaded, or does a firewall drop the connection?"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "connection refused", "nothing listens at " + host + ": is the server running, and the port right?"
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return "no route to " + host, "is the network up, or a VPN missing?"
	}
	if words, hint := dnsCause(err); words != "" {
		return words, hint
	}
	if words, hint := tlsCause(err); words != "" {
		return words, hint
	}
	if isDamaged(err) {
		return "the answer is broken: its compression is damaged", "does a proxy between change it? Ask the server itself"
	}
	switch {
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return "connection reset", "the server, or something between, broke it off: is it restarting?"
	case errors.Is(err, io.ErrUnexpectedEOF):
		return "the answer broke off", "is the server restarting?"
	case errors.Is(err, io.EOF):
		return "the server closed the connection without an answer", "is it restarting, or no HTTP server?"
	case strings.Contains(err.Error(), "malformed HTTP"):
		return "what answers does not speak HTTP", "is the port right?"
	default:
		return err.Error(), ""
	}
}

// isDamaged reports whether an answer said that it is compressed, and cannot be unpacked.
func isDamaged(err error) bool {
	_, corrupt := errors.AsType[flate.CorruptInputError](err)
	return corrupt || errors.Is(err, gzip.ErrHeader) || errors.Is(err, gzip.ErrChecksum)
}

// dnsCause is causeOf for the look-up of a name; empty for another error.
func dnsCause(err error) (words, hint string) {
	dns, ok := errors.AsType[*net.DNSError](err)
	switch {
	case !ok:
		return "", ""
	case dns.IsNotFound:
		return "no such host: " + dns.Name, "is the name right, or a VPN missing?"
	default:
		return "the name " + dns.Name + " cannot be looked up", "does the name server (DNS) answer?"
	}
}

// tlsCause is causeOf for TLS; empty for another error.
func tlsCause(err error) (words, hint string) {
	const setClock = "has it been renewed, and is this machine's clock right?"
	var (
		unknown x509.UnknownAuthorityError
		name    x509.HostnameError
		invalid x509.CertificateInvalidError
		verify  *tls.CertificateVerificationError
		record  tls.RecordHeaderError
		alert   tls.AlertError
	)
	switch {
	case errors.Is(err, http.ErrSchemeMismatch):
		return "the server speaks plain HTTP here, not TLS", "write http:// instead of https://"
	case strings.Contains(err.Error(), `malformed HTTP response "\x15\x03`): // a TLS alert
		return wantsTLS, wantsTLSHint
	case errors.As(err, &unknown):
		return "the certificate is from an authority that this machine does not trust",
			"add it to the system's trust store, or set SSL_CERT_FILE"
	case errors.As(err, &name):
		return "the certificate is for another name", "use the name in the certificate as address"
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "the certificate has expired or is not valid yet", setClock
	case errors.As(err, &invalid), errors.As(err, &verify):
		return "the certificate is not valid", "look at it with: openssl s_client -connect HOST:443"
	case errors.As(err, &record):
		return "what answers does not speak TLS", "write http:// instead of https://, or use the right port"
	case errors.As(err, &alert):
		return "the server broke off the TLS handshake: " + alert.Error(), "does it want a client certificate or a newer TLS?"
	default:
		return "", ""
	}
}

const (
	wantsTLS     = "the server speaks TLS here"
	wantsTLSHint = "write https:// instead of http://"
)

// statusFailure explains an answer whose status is not 200. address is without secrets.
func statusFailure(method string, status int, body []byte, address string, token bool) *Failure {
	f := &Failure{Words: fmt.Sprintf("%d %s", status, strings.ToLower(http.StatusText(status)))}
	switch {
	case status == http.StatusBadRequest && strings.Contains(strings.ToUpper(string(body)), "HTTPS"):
		f.Words, f.Hint = wantsTLS, wantsTLSHint
	case status == http.StatusForbidden && token && method != http.MethodGet:
		f.Hint = "this needs an admin token: is the one that was given an admin's?"
	case status == http.StatusUnauthorized && token, status == http.StatusForbidden && token:
		f.Hint = "the token was refused: is it right, and still valid?"
	case status == http.StatusForbidden && method != http.MethodGet:
		f.Hint = "this needs an admin token: give one with --token or PACELINE_TOKEN"
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		f.Hint = "give a token with --token or PACELINE_TOKEN"
	case method == http.MethodPatch && (status == http.StatusNotFound || status == http.StatusMethodNotAllowed):
		f.Words, f.Hint = "this server's settings cannot be changed", "is it a paceline, and not an older one?"
	case status == http.StatusNotFound:
		f.Hint = "is this the right address? " + address + " was asked"
	case status == http.StatusMethodNotAllowed:
		f.Hint = "the server does not take this request: is this the right address, and may it be reset?"
	case status == http.StatusProxyAuthRequired:
		f.Hint = "the proxy wants a password: put it into HTTP_PROXY or HTTPS_PROXY"
	case status == http.StatusTooManyRequests:
		f.Hint = "poll less often"
	case status == http.StatusBadGateway, status == http.StatusServiceUnavailable, status == http.StatusGatewayTimeout:
		f.Words += ": the server behind the proxy does not answer, or is starting"
		f.Hint = "is the server running?"
	case status >= 500:
		f.Words = fmt.Sprintf("the server failed (%s)", f.Words)
		f.Hint = "look into the server's log"
	case status >= 300 && status < 400:
		f.Words += ": a redirect that leads nowhere"
		f.Hint = "is this the right address?"
	default:
		f.Hint = "is this the right address?"
	}
	f.Err = statusError(status)
	if root, bad := parse(body); bad == nil {
		f.problem = root.text("error").Value
		if why := root.text("details"); status == http.StatusBadRequest && method == http.MethodPatch && why.Known {
			f.Words, f.Hint = why.Value, "" // what is wrong with the value, and what would not be
			return f
		}
		if words := root.errorText(); words != "" {
			f.Words = Clean(fmt.Sprintf("%s: %s", f.Words, words))
			if status >= 500 {
				f.Words = Clean(fmt.Sprintf("the server failed (%d): %s", status, words))
			}
		}
	}
	return f
}
