package access

import (
	"crypto/rand"
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"paceline/queue/internal/apierror"
	"paceline/queue/internal/urlpath"
)

const (
	writeTimeout = 10 * time.Second // for a refused client to read the answer
	maxID        = 128              // bytes of a request ID
)

// refusal is the answer to a request that may not pass.
type refusal struct {
	status  int
	reason  string // one word, for x-paceline-refused
	kind    string // the type of the Claude API's error
	summary string // in a few words; empty: always in the API's shape
	details string // why, and what to do
	retry   bool   // the client may try again
	bearer  bool   // a token may be sent as Authorization: Bearer
}

// problem is an error in the shape of the queue's own endpoints.
type problem struct {
	Error   string `json:"error"`
	Details string `json:"details"`
}

// write answers r, whose clean path is given, without reading its body. The server closes the connection
// afterwards, but not before the client has its answer.
func (p *refusal) write(w http.ResponseWriter, r *http.Request, path string) {
	// A writer without deadlines, such as a recorder, has no client to wait for.
	control := http.NewResponseController(w)
	_ = control.SetWriteDeadline(time.Now().Add(writeTimeout))

	id, h := requestID(r), w.Header()
	body, err := json.Marshal(problem{p.summary, p.details})
	if err != nil { // strings alone can always be encoded
		panic("access: " + err.Error())
	}
	if p.summary == "" || urlpath.Under(path, "/v1") {
		body = apierror.JSON(p.kind, p.details, id)
		h.Set("Request-Id", id) // where the SDKs look for it
	}
	body = append(body, '\n')
	h.Set("Content-Type", "application/json; charset=utf-8")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Paceline-Refused", p.reason)
	h.Set("X-Paceline-Request-Id", id)
	h.Set("X-Should-Retry", strconv.FormatBool(p.retry))
	if p.bearer {
		h.Set("WWW-Authenticate", `Bearer realm="paceline"`)
	}
	w.WriteHeader(p.status)
	_, _ = w.Write(body) // it fails when the client has left
}

// requestID returns the request ID of the sender, if it can be logged, or a new
// one.
func requestID(r *http.Request) string {
	if id := r.Header.Get("X-Paceline-Request-Id"); id != "" && len(id) <= maxID && isPlain(id) && !holdsSecret(id) {
		return id
	}
	return "req_" + rand.Text()
}
