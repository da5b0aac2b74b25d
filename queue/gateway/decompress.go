package gateway

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
)

// decompressed returns a body without its compression, at most maxErrorBody of it,
// to be read here; the client gets the body unchanged. An unknown compression gives
// nil.
func decompressed(h http.Header, body []byte) []byte {
	switch h.Get("Content-Encoding") {
	case "", "identity":
		return body
	case "gzip", "x-gzip":
		z, err := gzip.NewReader(bytes.NewReader(body))
		if err != nil {
			return nil
		}
		text, err := io.ReadAll(io.LimitReader(z, maxErrorBody))
		if err != nil {
			return nil
		}
		return text
	default:
		return nil
	}
}
