package access

import (
	"crypto/tls"
	"fmt"
	"os"
)

// Certificate returns the TLS settings of a server with the certificate and key
// of two PEM files: TLS 1.2 or newer, HTTP/2 where the client can. Errors say
// which file and what to do, and nothing of a key.
//
// The files are looked at when a client connects, once a second at most, and
// read again when they changed. While they cannot be read, or do not go together
// because one of them is yet to be replaced, the old pair serves on, and report
// is told, once for each problem, on the goroutine of some connection; nil is
// nobody.
func Certificate(certFile, keyFile string, report func(error)) (*tls.Config, error) {
	r, err := reload(func(*tls.Certificate) (*tls.Certificate, error) {
		return readPair(certFile, keyFile)
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

// readPair reads a certificate and its key.
func readPair(certFile, keyFile string) (*tls.Certificate, error) {
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
