package access

import (
	"crypto/tls"
	"fmt"
	"os"
)

// TLSConfig returns the TLS settings of a server with the certificate and key of
// two PEM files: TLS 1.2 or newer, and HTTP/2 if the client supports it. Errors say
// which file and what to do, and nothing of a key.
//
// The files are checked when a client connects, at most once a second, and read
// again when they have changed. While they cannot be read, or do not match because
// only one of them was replaced so far, the old pair stays in use, and report is
// called once for each problem, on the goroutine of a connection. It may be nil.
func TLSConfig(certFile, keyFile string, report func(error)) (*tls.Config, error) {
	r, err := newReloader(func(*tls.Certificate) (*tls.Certificate, error) {
		return readKeyPair(certFile, keyFile)
	}, report, certFile, keyFile)
	if err != nil {
		return nil, err
	}
	return &tls.Config{
		MinVersion: tls.VersionTLS12,
		NextProtos: []string{"h2", "http/1.1"},
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
			return r.get(), nil
		},
	}, nil
}

// readKeyPair reads a certificate and its key.
func readKeyPair(certFile, keyFile string) (*tls.Certificate, error) {
	cert, err := os.ReadFile(certFile)
	if err != nil {
		return nil, fmt.Errorf("access: certificate: %w", err)
	}
	key, err := os.ReadFile(keyFile)
	if err != nil {
		return nil, fmt.Errorf("access: key of the certificate: %w", err)
	}
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		return nil, fmt.Errorf("access: certificate %s and key %s: %w: give the PEM files of one pair, the chain in the first", certFile, keyFile, err)
	}
	return &pair, nil
}
