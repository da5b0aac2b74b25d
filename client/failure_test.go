package client

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/url"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestExplain(t *testing.T) {
	call := func(err error) error {
		return &url.Error{Op: "Get", URL: "http://u:s3cr3t@host/?k=s3cr3t", Err: err}
	}
	dial := func(err error) error { return call(&net.OpError{Op: "dial", Net: "tcp", Err: err}) }
	own := &Failure{Words: "redirected", Err: io.EOF}
	for _, c := range []struct {
		err         error
		words, hint string
	}{
		{call(context.DeadlineExceeded), "time-out: no whole answer within 5 s", "is the server overloaded, or does a firewall drop the connection?"},
		{dial(os.ErrDeadlineExceeded), "time-out: no whole answer within 5 s", "is the server overloaded, or does a firewall drop the connection?"},
		{call(context.Canceled), "cancelled", ""},
		{dial(os.NewSyscallError("connect", syscall.ECONNREFUSED)), "connection refused", "nothing listens at host:80: is the server running, and the port right?"},
		{dial(os.NewSyscallError("connect", syscall.EHOSTUNREACH)), "no route to host:80", "is the network up, or a VPN missing?"},
		{dial(&net.DNSError{Name: "host", IsNotFound: true}), "no such host: host", "is the name right, or a VPN missing?"},
		{dial(&net.DNSError{Name: "host", IsTemporary: true}), "the name host cannot be looked up", "does the name server (DNS) answer?"},
		{call(os.NewSyscallError("read", syscall.ECONNRESET)), "connection reset", "the server, or something between, broke it off: is it restarting?"},
		{call(io.ErrUnexpectedEOF), "the answer broke off", "is the server restarting?"},
		{call(io.EOF), "the server closed the connection without an answer", "is it restarting, or no HTTP server?"},
		{call(own), "redirected", ""},
		{call(tls.RecordHeaderError{Msg: "first record does not look like a TLS handshake"}), "what answers does not speak TLS", "write http:// instead of https://, or use the right port"},
		{call(&net.OpError{Op: "remote error", Err: tls.AlertError(40)}), "the server broke off the TLS handshake: tls: handshake failure", "does it want a client certificate or a newer TLS?"},
		{call(&tls.CertificateVerificationError{Err: x509.CertificateInvalidError{Reason: x509.NotAuthorizedToSign}}), "the certificate is not valid", "look at it with: openssl s_client -connect HOST:443"},
		{call(errors.New("odd \x1b[2Jthing")), "odd thing", ""},
		{call(&net.OpError{Op: "proxyconnect", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}), "the proxy: connection refused", "look at HTTP_PROXY, HTTPS_PROXY and NO_PROXY"},
	} {
		f := transportFailure(c.err, "host:80", 5*time.Second)
		if f.Words != c.words || f.Hint != c.hint {
			t.Errorf("%v: got %q, %q\nwant %q, %q", c.err, f.Words, f.Hint, c.words, c.hint)
		}
		if strings.Contains(f.Words+f.Hint, "s3cr3t") {
			t.Errorf("%v tells the secret: %+v", c.err, f)
		}
		if f.Err == nil || f.Error() != f.Words {
			t.Errorf("%v: got %#v", c.err, f)
		}
	}
	if f := transportFailure(dial(os.NewSyscallError("connect", syscall.ECONNREFUSED)), "", 0); !errors.Is(f, syscall.ECONNREFUSED) {
		t.Errorf("the cause of %v is lost", f)
	}
}
