package sim

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

const (
	maxBody     = 32 << 20    // bytes of a request ("Errors", platform.claude.com)
	bodyTime    = time.Minute // for the whole of it
	maxMessages = 100_000     // in one request
	maxTools    = 10_000      // in one request
)

// read reads the body of a request to its end, within its limits of size and
// time, and checks what every request needs.
func read(w http.ResponseWriter, r *http.Request) (*ask, *problem) {
	rc := http.NewResponseController(w)
	_ = rc.SetReadDeadline(time.Now().Add(bodyTime)) // not every connection can
	if r.ContentLength > maxBody {
		return nil, tooLarge(r)
	}
	body := http.MaxBytesReader(w, r.Body, maxBody)
	a, err := decode(body)
	// What was sent is read to the end, or the answer would cross it.
	_, rest := io.Copy(io.Discard, body)
	if rest == nil {
		// Only now: until then net/http itself may wait for the rest of the body.
		_ = rc.SetReadDeadline(time.Time{})
	}
	if err == nil {
		return a, nil
	}
	if _, ok := errors.AsType[*http.MaxBytesError](errors.Join(err, rest)); ok {
		return nil, tooLarge(r)
	}
	if p, ok := errors.AsType[*badRequest](err); ok {
		return nil, p.problem
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, invalid("The request body is not valid JSON: it ends too early")
	}
	if _, ok := errors.AsType[*json.SyntaxError](err); ok {
		return nil, invalid("The request body is not valid JSON: " + err.Error())
	}
	return nil, &problem{status: http.StatusRequestTimeout, kind: "timeout_error", message: "The request body did not arrive"}
}

// badRequest is a problem on its way up as an error.
type badRequest struct{ *problem }

func (b *badRequest) Error() string { return b.message }

func bad(format string, args ...any) error {
	return &badRequest{invalid(fmt.Sprintf(format, args...))}
}

// decode reads one JSON object and nothing after it.
func decode(body io.Reader) (*ask, error) {
	d := json.NewDecoder(body)
	if first, err := d.Token(); err != nil {
		return nil, err
	} else if first != json.Delim('{') {
		return nil, bad("The request body is not a JSON object")
	}
	a := &ask{maxTokens: unset}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return nil, err
		}
		if err := a.field(d, name); err != nil {
			return nil, err
		}
	}
	if _, err := d.Token(); err != nil { // the closing brace
		return nil, err
	}
	if _, err := d.Token(); err == nil {
		return nil, bad("The request body is not valid JSON: something follows the object")
	} else if !errors.Is(err, io.EOF) {
		return nil, err
	}
	return a, nil
}

// field reads the value of one field.
func (a *ask) field(d *json.Decoder, name json.Token) error {
	before := d.InputOffset()
	switch name {
	case "model":
		return value(d, &a.modelName, "model", "string")
	case "max_tokens":
		return value(d, &a.maxTokens, "max_tokens", "integer")
	case "stream":
		return value(d, &a.stream, "stream", "boolean")
	case "tool_choice":
		return value(d, &a.choice, "tool_choice", "dictionary")
	case "messages":
		a.messages = 0
		err := list(d, "messages", maxMessages, func(at int) error {
			a.last, a.messages = turn{}, at+1
			if err := value(d, &a.last, fmt.Sprintf("messages.%d", at), "dictionary"); err != nil {
				return err
			}
			return a.last.check(at)
		})
		a.inputBytes += d.InputOffset() - before
		return err
	case "tools":
		a.tools = nil
		err := list(d, "tools", maxTools, func(at int) error {
			var t tool
			if err := value(d, &t, fmt.Sprintf("tools.%d", at), "dictionary"); err != nil {
				return err
			}
			switch {
			case t.Name != "":
				a.tools = append(a.tools, t)
			case t.Type == "" || t.Type == "custom":
				return bad("tools.%d.name: Field required", at)
			}
			return nil
		})
		a.inputBytes += d.InputOffset() - before
		return err
	default:
		err := d.Decode(&skipped{})
		if name == "system" {
			a.inputBytes += d.InputOffset() - before
		}
		return err
	}
}

// value decodes the next value into v, or says what it should be.
func value(d *json.Decoder, v any, name, kind string) error {
	err := d.Decode(v)
	wrong, ok := errors.AsType[*json.UnmarshalTypeError](err)
	switch {
	case !ok:
		return err
	case wrong.Field != "":
		return bad("%s.%s: Input is of the wrong type", name, wrong.Field)
	default:
		return bad("%s: Input should be a valid %s", name, kind)
	}
}

// list calls each before every item of a list; each reads it.
func list(d *json.Decoder, name string, most int, each func(at int) error) error {
	if first, err := d.Token(); err != nil {
		return err
	} else if first != json.Delim('[') {
		return bad("%s: Input should be a valid list", name)
	}
	for at := 0; d.More(); at++ {
		if at == most {
			return bad("%s: List should have at most %d items", name, most)
		}
		if err := each(at); err != nil {
			return err
		}
	}
	_, err := d.Token() // the closing bracket
	return err
}

// skipped is a value that nobody looks at.
type skipped struct{}

// UnmarshalJSON takes any value.
func (*skipped) UnmarshalJSON([]byte) error { return nil }
