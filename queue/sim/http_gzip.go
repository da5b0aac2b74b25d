package sim

import (
	"compress/gzip"
	"net/http"
	"strings"
)

// gzipWriter compresses an answer, as the API does for those that accept it.
type gzipWriter struct {
	http.ResponseWriter
	z *gzip.Writer // nil before the header
}

// acceptsGzip reports whether a client takes answers in gzip.
func acceptsGzip(h http.Header) bool {
	for coding := range strings.SplitSeq(strings.Join(h["Accept-Encoding"], ","), ",") {
		coding, weight, _ := strings.Cut(coding, ";")
		if strings.EqualFold(strings.TrimSpace(coding), "gzip") && strings.Trim(strings.ReplaceAll(weight, " ", ""), ".0") != "q=" {
			return true
		}
	}
	return false
}

// WriteHeader implements http.ResponseWriter.
func (g *gzipWriter) WriteHeader(status int) {
	if g.z == nil && status >= http.StatusOK {
		h := g.Header()
		h.Del("Content-Length")
		h.Set("Content-Encoding", "gzip")
		h.Add("Vary", "Accept-Encoding")
		g.z = gzip.NewWriter(g.ResponseWriter)
	}
	g.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (g *gzipWriter) Write(b []byte) (int, error) {
	if g.z == nil {
		g.WriteHeader(http.StatusOK)
	}
	return g.z.Write(b)
}

// FlushError sends what was written, for an http.ResponseController.
func (g *gzipWriter) FlushError() error {
	if g.z != nil {
		if err := g.z.Flush(); err != nil {
			return err
		}
	}
	return http.NewResponseController(g.ResponseWriter).Flush()
}

// close ends the answer.
func (g *gzipWriter) close() {
	if g.z != nil {
		_ = g.z.Close() // it fails when the client has left
	}
}

// Unwrap lets an http.ResponseController reset the connection.
func (g *gzipWriter) Unwrap() http.ResponseWriter { return g.ResponseWriter }
