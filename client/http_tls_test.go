package client

import (
	"bufio"
	"crypto/tls"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestHTTPTLS(t *testing.T) {
	handler := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, good) })
	secure := httptest.NewUnstartedServer(handler)
	secure.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	secure.StartTLS()
	t.Cleanup(secure.Close)
	plain := serve(t, handler)

	_, err := newHTTP(t, secure.URL, HTTPOptions{}).Poll(t.Context())
	says(t, err, "from an authority that this machine does not trust", "trust store")

	_, err = newHTTP(t, strings.Replace(secure.URL, "https", "http", 1), HTTPOptions{}).Poll(t.Context())
	says(t, err, "the server speaks TLS here", "https://")

	_, err = newHTTP(t, strings.Replace(plain.URL, "http", "https", 1), HTTPOptions{}).Poll(t.Context())
	says(t, err, "the server speaks plain HTTP here", "http://")

	named := newHTTP(t, strings.Replace(secure.URL, "127.0.0.1", "localhost", 1), HTTPOptions{})
	named.client.Transport.(*http.Transport).TLSClientConfig = secure.Client().Transport.(*http.Transport).TLSClientConfig
	_, err = named.Poll(t.Context())
	says(t, err, "the certificate is for another name", "name in the certificate")

	late := newHTTP(t, secure.URL, HTTPOptions{})
	trust := secure.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	late.client.Transport.(*http.Transport).TLSClientConfig = &tls.Config{
		RootCAs: trust, Time: func() time.Time { return time.Date(2300, 1, 1, 0, 0, 0, 0, time.UTC) },
	}
	_, err = late.Poll(t.Context())
	says(t, err, "the certificate has expired", "clock")

	trusting := newHTTP(t, secure.URL, HTTPOptions{})
	trusting.client.Transport.(*http.Transport).TLSClientConfig = &tls.Config{RootCAs: trust}
	if _, err = trusting.Poll(t.Context()); err != nil {
		t.Errorf("over TLS: %v", err)
	}
}

// raw answers each connection with the same bytes.
func raw(t *testing.T, answer string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = bufio.NewReader(c).ReadString('\n')
			_, _ = io.WriteString(c, answer)
			_ = c.(*net.TCPConn).CloseWrite()
			_, _ = io.Copy(io.Discard, c)
			_ = c.Close()
		}
	}()
	t.Cleanup(func() { _ = l.Close(); <-done })
	return l.Addr().String()
}

func TestHTTPOtherProtocols(t *testing.T) {
	_, err := newHTTP(t, raw(t, "SSH-2.0-OpenSSH_9.9\r\n\r\n"), HTTPOptions{}).Poll(t.Context())
	says(t, err, "what answers does not speak HTTP", "port")
	_, err = newHTTP(t, raw(t, "\x15\x03\x01\x00\x02\x02\x16"), HTTPOptions{}).Poll(t.Context())
	says(t, err, "the server speaks TLS here", "https://")
	_, err = newHTTP(t, "https://"+raw(t, "SSH-2.0-OpenSSH_9.9\r\n\r\n"), HTTPOptions{}).Poll(t.Context())
	says(t, err, "what answers does not speak TLS", "http://")
}
