package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
)

// problem is an error as an answer.
type problem struct {
	status  int
	Error   string `json:"error"`   // what, in a few words
	Details string `json:"details"` // why, and what to do
}

func (p *problem) write(w http.ResponseWriter) { writeJSON(w, p.status, p, false) }

func notFound(r *http.Request) *problem {
	return &problem{http.StatusNotFound, "Not found",
		fmt.Sprintf("nothing is at %q: the API is below /v1, the metrics are at /api/queue/metrics", r.URL.Path)}
}

func methodNotAllowed(r *http.Request, allow string) *problem {
	return &problem{http.StatusMethodNotAllowed, "Method not allowed",
		fmt.Sprintf("%q is not for this address: it takes %s", r.Method, allow)}
}

func badRequest(details string) *problem {
	return &problem{http.StatusBadRequest, "Bad request", details}
}

// panicked is the answer of a handler that panicked.
func panicked() *problem {
	return &problem{http.StatusInternalServerError, "Failed to fetch metrics",
		"this part of the server has failed, and requests go on: detail.troubles and the log say why"}
}

// setNoStore forbids caches to store an answer, and browsers to guess its type.
func setNoStore(h http.Header) {
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
}

// writeJSON sends v as a whole, so that a reader knows its length and a value that
// cannot be encoded becomes an error and not half an answer. zip is whether it may be
// compressed.
func writeJSON(w http.ResponseWriter, status int, v any, zip bool) {
	body, err := json.Marshal(v)
	if err != nil {
		writeJSON(w, http.StatusInternalServerError, &problem{Error: "Failed to fetch metrics", Details: err.Error()}, false)
		return
	}
	body = append(body, '\n')
	h := w.Header()
	h.Set("Content-Type", "application/json; charset=utf-8")
	if zip && len(body) >= minGzip {
		body = gzipWhole(body)
		setGzip(h)
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	setNoStore(h)
	w.WriteHeader(status)
	_, _ = w.Write(body) // it fails when the client has left
}
