package gateway

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"

	"paceline/queue"
)

// Owners remembers which token made which file or batch of the API. It must be safe
// for concurrent use.
type Owners interface {
	// Owner returns the name of the token that made the object of an ID; false if
	// that is not known.
	Owner(id string) (token string, known bool)
	// Add notes that a token has made the object of an ID.
	Add(id, token string)
}

// confined reports whether a request may reach only the files and batches of its
// own token. With the gateway's key all tokens share one account, and the API does
// not separate them.
func (x *exchange) confined() bool { return x.gatewayKey != "" && x.token != "" && !x.admin }

// owns reports whether the object of an ID is the token's own.
func (x *exchange) owns(id string) bool {
	owner, known := x.owner(id)
	return known && owner == x.token
}

// ownedByOther reports whether the object of an ID is known to be another token's.
func (x *exchange) ownedByOther(id string) bool {
	owner, known := x.owner(id)
	return known && owner != x.token
}

func (x *exchange) owner(id string) (token string, known bool) {
	owners := x.gateway.options.Owners
	if owners == nil {
		return "", false
	}
	return owners.Owner(id)
}

// notOwned is the answer to a request that names an object of another token. It is
// the same if there is no such object.
func notOwned(id string) *apiError {
	return &apiError{
		status: http.StatusNotFound, kind: "not_found_error", reason: "owner",
		message: fmt.Sprintf("this gateway token has made no file or batch %q", queue.Truncate(id, 100)),
	}
}

// forwardOwned forwards a request for files or batches, as far as the token may
// reach them. folder is their common path.
func (x *exchange) forwardOwned(folder string) {
	if x.gatewayKey == "" || x.token == "" {
		x.forward()
		return
	}
	rest := strings.TrimPrefix(x.path, folder)
	switch {
	case rest == "" && x.r.Method == http.MethodPost:
		x.create()
	case !x.confined():
		x.forward()
	case rest == "" && x.r.Method == http.MethodGet:
		x.list()
	default:
		// An ambiguous path names nothing.
		id, _, _ := strings.Cut(strings.TrimPrefix(rest, "/"), "/")
		if strings.ContainsAny(rest, `%\;`) || !x.owns(id) {
			x.writeError(notOwned(id))
			return
		}
		x.forward()
	}
}

// maxCreated is how many bytes of an answer are read for the ID of a new object.
const maxCreated = 1 << 20

// create forwards a request that makes a file or a batch, and notes the owner
// before the client knows the ID.
func (x *exchange) create() {
	x.uncompressed = true
	answer := x.roundTrip(x.r.Context())
	if answer == nil {
		return
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode < 300 {
		head, err := io.ReadAll(io.LimitReader(answer.Body, maxCreated))
		var made struct {
			ID string `json:"id"`
		}
		owners := x.gateway.options.Owners
		if err == nil && owners != nil && json.Unmarshal(head, &made) == nil && plainID(made.ID) {
			owners.Add(made.ID, x.token)
		}
		answer.Body = rejoinedBody{io.MultiReader(bytes.NewReader(head), answer.Body), answer.Body}
	}
	x.forwardAnswer(x.r.Context(), answer)
}

// rejoinedBody is an answer's body whose beginning was read and is put back.
type rejoinedBody struct {
	io.Reader
	io.Closer
}

// mayBeUnread reports whether a body may go on although it could not be decoded: the API says
// what is wrong with it. Where file IDs have to be seen in it, it has answered with the error.
func (x *exchange) mayBeUnread(coding string) bool {
	if !x.confined() {
		return true
	}
	x.writeError(&apiError{
		status: http.StatusBadRequest, kind: "invalid_request_error", reason: "encoding",
		message: fmt.Sprintf("this gateway calls with a key of its own, and has to see which files a request names: it cannot read the request's Content-Encoding, %q", queue.Truncate(coding, 40)),
	})
	return false
}
