package loadtest

import (
	"context"
	"crypto/tls"
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

// causeOf returns in a few words why an exchange failed. It never uses the text of a
// url.Error, which holds the address with its secrets, nor that of a net.OpError, which
// differs for each connection.
func causeOf(err error, timeout time.Duration) string {
	if u, ok := errors.AsType[*url.Error](err); ok {
		err = u.Err
	}
	var (
		netErr net.Error
		dns    *net.DNSError
		verify *tls.CertificateVerificationError
		record tls.RecordHeaderError
	)
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return "time-out: no whole answer within " + human.Exact(timeout)
	case errors.Is(err, syscall.ECONNREFUSED):
		return "connection refused"
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return "connection reset"
	case errors.Is(err, syscall.EMFILE):
		return "too many open files: raise ulimit -n"
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return "no local port is left"
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return "no route to the host"
	case errors.As(err, &dns):
		return "no such host"
	case errors.As(err, &verify):
		return "the certificate is not valid"
	case errors.As(err, &record), errors.Is(err, http.ErrSchemeMismatch):
		return "what answers does not speak TLS"
	case errors.Is(err, errTooLong):
		return "the stream has no end"
	case errors.Is(err, io.ErrUnexpectedEOF):
		return "the answer broke off"
	case errors.Is(err, io.EOF):
		return "closed without an answer"
	case errors.As(err, &netErr) && netErr.Timeout():
		return "time-out: no connection"
	case strings.Contains(err.Error(), "exceeded"): // MaxResponseHeaderBytes has no error of its own
		return fmt.Sprintf("the answer's header is larger than %d KiB", maxHeader>>10)
	case strings.Contains(err.Error(), "malformed HTTP"):
		return "what answers does not speak HTTP"
	}
	for op, ok := errors.AsType[*net.OpError](err); ok; op, ok = errors.AsType[*net.OpError](err) {
		err = op.Err
	}
	return err.Error()
}
