package gateway

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
)

// plain returns a body without its compression, at most maxRefusal of it, so that
// it can be read here; the client gets it as it came. Of a compression that is
// not known, nothing.
func plain(h http.Header, body []byte) []byte {
	switch h.Get("Content-Encoding") {
	case "", "identity":
		return body
	case "gzip", "x-gzip":
		z, err := gzip.NewReader(bytes.NewReader(body))
		if err != nil {
			return nil
		}
		text, err := io.ReadAll(io.LimitReader(z, maxRefusal))
		if err != nil {
			return nil
		}
		return text
	default:
		return nil
	}
}
