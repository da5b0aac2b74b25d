package access_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"paceline/queue/access"
)

// pair is a certificate and its key in two files.
type pair struct{ cert, key string }

// newPair returns the paths of files that are not there yet.
func newPair(t *testing.T) pair {
	t.Helper()
	dir := t.TempDir()
	return pair{filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")}
}

// pems makes a certificate for localhost that bears a name, and its key.
func pems(t *testing.T, name string) (cert, key []byte) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour), DNSNames: []string{"localhost"},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER})
}

func put(t *testing.T, path string, b []byte) {
	t.Helper()
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

// served returns the name that the certificate of a new connection bears, and
// what protocol was agreed on.
func served(t *testing.T, config *tls.Config) (name, protocol string) {
	t.Helper()
	ours, theirs := net.Pipe()
	defer func() { _, _ = ours.Close(), theirs.Close() }()
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = tls.Server(theirs, config).Handshake()
	}()
	client := tls.Client(ours, &tls.Config{
		InsecureSkipVerify: true, // it is its own authority; the name is compared below
		ServerName:         "localhost", NextProtos: []string{"h2", "http/1.1"},
	})
	if err := client.Handshake(); err != nil {
		t.Fatal(err)
	}
	<-done
	state := client.ConnectionState()
	return state.PeerCertificates[0].Subject.CommonName, state.NegotiatedProtocol
}

func TestCertificatesFollowTheirFiles(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		files := newPair(t)
		cert, key := pems(t, "first")
		put(t, files.cert, cert)
		put(t, files.key, key)
		var reported []error
		config, err := access.TLSConfig(files.cert, files.key, func(err error) { reported = append(reported, err) })
		if err != nil {
			t.Fatal(err)
		}
		expect := func(when, want string, reports int) {
			t.Helper()
			time.Sleep(time.Second)
			for range 2 {
				if got, protocol := served(t, config); got != want || protocol != "h2" {
					t.Errorf("%s: got %q over %q, want %q over h2", when, got, protocol, want)
				}
			}
			if len(reported) != reports {
				t.Errorf("%s: reported %v, want %d", when, reported, reports)
			}
		}
		expect("at first", "first", 0)

		cert, key = pems(t, "second")
		put(t, files.cert, cert)
		expect("the key is yet to come", "first", 1)
		expect("still", "first", 1)
		if last := fmt.Sprint(reported); !strings.Contains(last, files.cert) || !strings.Contains(last, files.key) {
			t.Errorf("reported %s, want both paths", last)
		}
		put(t, files.key, key)
		expect("both replaced", "second", 1)

		if err := os.Remove(files.key); err != nil {
			t.Fatal(err)
		}
		expect("the key is gone", "second", 2)
		put(t, files.key, []byte("hello"))
		expect("the key is damaged", "second", 3)
		cert, key = pems(t, "third")
		put(t, files.cert, cert)
		put(t, files.key, key)
		expect("all good again", "third", 3)
	})
}

func TestCertificateErrorsSayWhichFile(t *testing.T) {
	cert, key := pems(t, "good")
	_, otherKey := pems(t, "other")
	for _, c := range []struct {
		name      string
		cert, key []byte
		says      string
	}{
		{"no certificate", nil, key, "cert.pem"},
		{"no key", cert, nil, "key.pem"},
		{"certificate damaged", []byte("hello"), key, "cert.pem"},
		{"key damaged", cert, []byte("hello"), "key.pem"},
		{"another's key", cert, otherKey, "one pair"},
		{"mixed up", key, cert, "one pair"},
		{"empty", []byte{}, []byte{}, "cert.pem"},
	} {
		files := newPair(t)
		if c.cert != nil {
			put(t, files.cert, c.cert)
		}
		if c.key != nil {
			put(t, files.key, c.key)
		}
		config, err := access.TLSConfig(files.cert, files.key, nil)
		if err == nil || config != nil || !strings.Contains(err.Error(), c.says) {
			t.Fatalf("%s: got %v, want an error that says %q", c.name, err, c.says)
		}
		for line := range strings.Lines(string(key) + string(otherKey)) {
			if line = strings.TrimSpace(line); strings.Contains(err.Error(), line) {
				t.Errorf("%s: the error tells of the key: %v", c.name, err)
			}
		}
	}
}

func TestOldTLSIsRefused(t *testing.T) {
	files := newPair(t)
	cert, key := pems(t, "new")
	put(t, files.cert, cert)
	put(t, files.key, key)
	config, err := access.TLSConfig(files.cert, files.key, nil)
	if err != nil {
		t.Fatal(err)
	}
	for version, want := range map[uint16]bool{tls.VersionTLS11: false, tls.VersionTLS12: true, tls.VersionTLS13: true} {
		ours, theirs := net.Pipe()
		go func() {
			_ = tls.Server(theirs, config).Handshake()
			_ = theirs.Close()
		}()
		client := tls.Client(ours, &tls.Config{InsecureSkipVerify: true, MinVersion: version, MaxVersion: version})
		if err := client.Handshake(); err == nil != want {
			t.Errorf("%s: got %v, want it to work: %v", tls.VersionName(version), err, want)
		}
		_ = ours.Close()
	}
}

// Everything together, as a server has it: limits below TLS, HTTP/2 above.
func TestTLSOverLimits(t *testing.T) {
	files := newPair(t)
	cert, key := pems(t, "whole")
	put(t, files.cert, cert)
	put(t, files.key, key)
	config, err := access.TLSConfig(files.cert, files.key, nil)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	h, b := newGuard(t, access.GuardOptions{Tokens: openTokens(t, newFile(t)), RequireToken: true})
	server := &http.Server{Handler: h}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.Serve(tls.NewListener(access.LimitListener(plain, access.DefaultLimits(), nil), config))
	}()
	dials := 0
	transport := &http.Transport{ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}
	transport.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		dials++
		return (&net.Dialer{}).DialContext(ctx, network, address)
	}
	client := &http.Client{Transport: transport}
	for range 3 {
		answer, err := client.Post("https://"+plain.Addr().String()+"/v1/messages", "application/json", strings.NewReader("{}"))
		if err != nil {
			t.Fatal(err)
		}
		_ = answer.Body.Close()
		if answer.StatusCode != 401 {
			t.Errorf("a body without a token: got %d, want 401", answer.StatusCode)
		}
	}
	for path, want := range map[string]int{"/healthz": 200, "/v1/models": 401} {
		answer, err := client.Get("https://" + plain.Addr().String() + path)
		if err != nil {
			t.Fatal(err)
		}
		_ = answer.Body.Close()
		if answer.StatusCode != want || answer.ProtoMajor != 2 {
			t.Errorf("%s: got %d over %s, want %d over HTTP/2", path, answer.StatusCode, answer.Proto, want)
		}
	}
	answer, err := client.Post("https://"+plain.Addr().String()+"/v1/messages", "application/json", strings.NewReader(strings.Repeat("x", 1<<20)))
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
	if answer.StatusCode != 401 || b.requests != 1 {
		t.Errorf("a large body without a token: got %d and %d requests behind, want 401 and the health check alone", answer.StatusCode, b.requests)
	}
	if dials != 1 {
		t.Errorf("got %d connections, want 1: a refusal does not end what others share", dials)
	}
	transport.CloseIdleConnections()
	_ = server.Close()
	<-done
}
