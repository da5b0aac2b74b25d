package gateway

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
)

// The most that is requested for one list.
const (
	maxPages = 20
	pageSize = 1000     // the API's largest
	maxPage  = 16 << 20 // bytes
)

// list answers with the entries of a list that belong to the token. It skips pages
// without any, because clients take an empty page for the last one.
func (x *exchange) list() {
	x.uncompressed = true
	ctx := x.r.Context()
	most, _ := number(x.r.URL.Query().Get("limit"))
	var p page
	for n := 1; ; n++ {
		answer := x.roundTrip(ctx)
		if answer == nil {
			return
		}
		if answer.StatusCode != http.StatusOK {
			defer func() { _ = answer.Body.Close() }()
			x.forwardAnswer(ctx, answer)
			return
		}
		err := p.read(answer)
		if err != nil {
			x.failure = err.Error()
			x.writeError(&apiError{
				status: http.StatusBadGateway, kind: "api_error", reason: "owner",
				message: "the API's list cannot be read here, so that it is not known what of it is this token's",
			})
			return
		}
		p.keep(x.owns)
		query := x.outgoing.URL.Query()
		if len(p.data) > 0 || n == maxPages || !p.next(query) {
			p.limit(most, query)
			x.passPage(answer, &p)
			return
		}
		next := *x.outgoing
		next.URL = &url.URL{RawQuery: query.Encode()}
		x.outgoing = &next
	}
}

// passPage answers with a page in place of the API's body.
func (x *exchange) passPage(answer *http.Response, p *page) {
	text := p.json()
	answer.Header.Set("Content-Length", strconv.Itoa(len(text)))
	x.sendHeader(answer)
	_ = x.write(text, true) // it fails when the client has left
}

// page is a page of a list of the API ("Files", "Message Batches",
// platform.claude.com). The next page is the one after last_id, before first_id, or
// next_page.
type page struct {
	fields map[string]json.RawMessage
	data   []json.RawMessage
}

// read reads the page of an answer, and closes the answer.
func (p *page) read(answer *http.Response) error {
	text, err := io.ReadAll(io.LimitReader(answer.Body, maxPage))
	_ = answer.Body.Close()
	*p = page{}
	if err == nil {
		err = json.Unmarshal(text, &p.fields)
	}
	if err == nil {
		err = json.Unmarshal(p.fields["data"], &p.data)
	}
	if err != nil {
		return fmt.Errorf("gateway: a list of the API: %w", connectionError(err))
	}
	return nil
}

// keep removes the entries that are not own.
func (p *page) keep(own func(id string) bool) {
	kept := []json.RawMessage{}
	for _, entry := range p.data {
		if own(idOf(entry)) {
			kept = append(kept, entry)
		}
	}
	p.data = kept
}

// idOf returns the ID of an entry; empty if it has none.
func idOf(entry json.RawMessage) string {
	var e struct {
		ID string `json:"id"`
	}
	_ = json.Unmarshal(entry, &e)
	return e.ID
}

// next changes a query to ask for the next page; false if this is the last one.
func (p *page) next(query url.Values) bool {
	first, last, next := textOf(p.fields["first_id"]), textOf(p.fields["last_id"]), textOf(p.fields["next_page"])
	switch more := string(p.fields["has_more"]) == "true"; {
	case next != "":
		query.Set("page", next)
	case more && query.Has("before_id") && first != "":
		query.Set("before_id", first)
	case more && !query.Has("before_id") && last != "":
		query.Set("after_id", last)
		query.Set("limit", strconv.Itoa(pageSize))
	default:
		return false
	}
	return true
}

// limit removes the entries beyond the limit that the client has asked for, and
// sets first_id and last_id to the remaining ones, so that the next page begins
// there. On an empty page they are unchanged if there is another page.
func (p *page) limit(most int, query url.Values) {
	const usual = 20
	if most == 0 {
		most = usual
	}
	if len(p.data) > most && query.Has("after_id") {
		p.data, p.fields["has_more"] = p.data[:most], json.RawMessage("true")
	}
	if len(p.data) == 0 && string(p.fields["has_more"]) == "true" {
		return
	}
	for name, at := range map[string]int{"first_id": 0, "last_id": len(p.data) - 1} {
		if _, ok := p.fields[name]; !ok {
			continue
		}
		p.fields[name] = json.RawMessage("null")
		if len(p.data) > 0 {
			id, _ := json.Marshal(idOf(p.data[at])) // strings can always be encoded
			p.fields[name] = id
		}
	}
}

func (p *page) json() []byte {
	data, err := json.Marshal(p.data)
	if err == nil {
		p.fields["data"] = data
		data, err = json.Marshal(p.fields)
	}
	if err != nil {
		panic(err) // it was JSON
	}
	return data
}
