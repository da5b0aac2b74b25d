package gateway

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// Owners remembers which token made which file or batch of the API. It must be
// safe for concurrent use.
type Owners interface {
	// Owner returns the name of the token that made the object of that ID; false if
	// that is not known.
	Owner(id string) (token string, known bool)
	// Add says that a token has just made the object of that ID.
	Add(id, token string)
}

// confined reports whether a request may reach only the files and batches of its
// own token. On the gateway's key all tokens share one account, which keeps none
// of them apart.
func (x *exchange) confined() bool { return x.ownKey != "" && x.token != "" && !x.admin }

// owns reports whether the object of that ID is the token's own.
func (x *exchange) owns(id string) bool {
	owner, known := x.owner(id)
	return known && owner == x.token
}

// ofAnother reports whether the object of that ID is known to be another token's.
func (x *exchange) ofAnother(id string) bool {
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

// notOwn is the answer to whoever names what is not its token's. Whether there is
// a thing of that ID makes no difference.
func notOwn(id string) *apiError {
	return &apiError{
		status: http.StatusNotFound, kind: "not_found_error", refused: "owner",
		message: fmt.Sprintf("this gateway token has made no file or batch %q", cut(id, 100)),
	}
}

// passOwned sends on what concerns files or batches, as far as the token may
// reach them. folder is the path of them all.
func (x *exchange) passOwned(folder string) {
	if x.ownKey == "" || x.token == "" {
		x.passAny()
		return
	}
	rest := strings.TrimPrefix(x.r.URL.Path, folder)
	switch {
	case rest == "" && x.r.Method == http.MethodPost:
		x.create()
	case !x.confined():
		x.passAny()
	case rest == "" && x.r.Method == http.MethodGet:
		x.list()
	default:
		// A path that can be read in two ways names nothing.
		id, _, _ := strings.Cut(strings.TrimPrefix(rest, "/"), "/")
		if strings.ContainsAny(x.r.URL.EscapedPath(), `%\;`) || strings.Contains(rest, "//") || !x.owns(id) {
			x.fail(notOwn(id))
			return
		}
		x.passAny()
	}
}

// maxCreated is the longest answer that is read for the ID of what was made.
const maxCreated = 1 << 20

// create sends on a request that makes a file or a batch, and remembers whose it
// is before its client knows the ID.
func (x *exchange) create() {
	x.readHere = true
	answer := x.call(x.r.Context())
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
		answer.Body = resumed{io.MultiReader(bytes.NewReader(head), answer.Body), answer.Body}
	}
	x.passOn(x.r.Context(), answer)
}

// resumed is an answer's body whose beginning was read already.
type resumed struct {
	io.Reader
	io.Closer
}

// readable refuses a body in which files cannot be seen.
func (x *exchange) readable() bool {
	if c := x.r.Header.Get("Content-Encoding"); !x.confined() || c == "" || strings.EqualFold(c, "identity") {
		return true
	}
	x.fail(&apiError{
		status: http.StatusBadRequest, kind: "invalid_request_error", refused: "encoding",
		message: "this gateway calls with a key of its own, and has to see which files a request names: send it without Content-Encoding",
	})
	return false
}
