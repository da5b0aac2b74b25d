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
	bodyTimeout = time.Minute // for the whole body
	maxMessages = 100_000     // in one request
	maxTools    = 10_000      // in one request
)

// readMessageRequest reads the body of a request for a message, and checks what every
// request needs.
func readMessageRequest(w http.ResponseWriter, r *http.Request) (*messageRequest, *problem) {
	a := &messageRequest{maxTokens: unset}
	return a, readBody(w, r, maxBody, a.decode)
}

// readBody reads a body of one JSON object to its end, within the limits of size and
// time; decode reads the object.
func readBody(w http.ResponseWriter, r *http.Request, most int64, decode func(*json.Decoder) error) *problem {
	if r.ContentLength > most {
		return tooLarge(r, most)
	}
	endBody := limitBody(w, r, most)
	err := decodeOne(r.Body, decode)
	rest := endBody()
	if err == nil {
		return nil
	}
	if bad, ok := errors.AsType[*badRequest](err); ok && !isTooLarge(rest) {
		return bad.problem
	}
	return bodyProblem(errors.Join(err, rest), most)
}

// limitBody limits the size and the time of a body. What it returns reads the rest,
// because a client that still sends may not see the answer.
func limitBody(w http.ResponseWriter, r *http.Request, most int64) (endBody func() error) {
	rc := http.NewResponseController(w)
	_ = rc.SetReadDeadline(time.Now().Add(bodyTimeout)) // not every connection can
	r.Body = http.MaxBytesReader(w, r.Body, most)
	return func() error {
		_, err := io.Copy(io.Discard, r.Body)
		if err == nil {
			// Not earlier: net/http itself may wait for the rest of the body.
			_ = rc.SetReadDeadline(time.Time{})
		}
		return err
	}
}

func isTooLarge(err error) bool {
	_, ok := errors.AsType[*http.MaxBytesError](err)
	return ok
}

// bodyProblem is the answer to a body that could not be read.
func bodyProblem(err error, most int64) *problem {
	if isTooLarge(err) {
		return requestTooLarge(most)
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return invalid("The request body is not valid JSON: it ends too early")
	}
	if _, ok := errors.AsType[*json.SyntaxError](err); ok {
		return invalid("The request body is not valid JSON: " + err.Error())
	}
	return &problem{status: http.StatusRequestTimeout, kind: "timeout_error", message: "The request body did not arrive"}
}

// badRequest is a problem as an error.
type badRequest struct{ *problem }

func (b *badRequest) Error() string { return b.message }

// badRequestf returns a badRequest with a formatted message.
func badRequestf(format string, args ...any) error {
	return &badRequest{invalid(fmt.Sprintf(format, args...))}
}

// decodeOne reads one JSON object and nothing after it.
func decodeOne(body io.Reader, decode func(*json.Decoder) error) error {
	d := json.NewDecoder(body)
	if err := decode(d); err != nil {
		return err
	}
	if _, err := d.Token(); err == nil {
		return badRequestf("The request body is not valid JSON: something follows the object")
	} else if !errors.Is(err, io.EOF) {
		return err
	}
	return nil
}

// decodeObject reads one JSON object; field reads the value of each field.
func decodeObject(d *json.Decoder, field func(name json.Token) error) error {
	if first, err := d.Token(); err != nil {
		return err
	} else if first != json.Delim('{') {
		return badRequestf("The request body is not a JSON object")
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return err
		}
		if err := field(name); err != nil {
			return err
		}
	}
	_, err := d.Token() // the closing brace
	return err
}

// decode reads a request for a message.
func (r *messageRequest) decode(d *json.Decoder) error {
	return decodeObject(d, func(name json.Token) error { return r.field(d, name) })
}

// field reads the value of one field.
func (r *messageRequest) field(d *json.Decoder, name json.Token) error {
	before := d.InputOffset()
	switch name {
	case "model":
		return decodeValue(d, &r.modelName, "model", "string")
	case "max_tokens":
		return decodeValue(d, &r.maxTokens, "max_tokens", "integer")
	case "stream":
		return decodeValue(d, &r.stream, "stream", "boolean")
	case "tool_choice":
		return decodeValue(d, &r.toolChoice, "tool_choice", "dictionary")
	case "speed":
		return decodeValue(d, &r.speed, "speed", "string")
	case "inference_geo":
		return decodeValue(d, &r.inferenceGeo, "inference_geo", "string")
	case "temperature", "top_p", "top_k":
		var given json.RawMessage
		err := d.Decode(&given)
		if err == nil && string(given) != "null" {
			r.removedIn2026(fmt.Sprint(name), "Extra inputs are not permitted: the parameter was removed in 2026-10-21")
		}
		return err
	case "messages":
		r.messages = 0
		err := decodeList(d, "messages", maxMessages, func(at int) error {
			r.last, r.messages = inputMessage{}, at+1
			if err := decodeValue(d, &r.last, fmt.Sprintf("messages.%d", at), "dictionary"); err != nil {
				return err
			}
			r.noteContent(at, &r.last)
			return r.last.check(at)
		})
		r.inputBytes += d.InputOffset() - before
		return err
	case "tools":
		r.tools = nil
		err := decodeList(d, "tools", maxTools, func(at int) error {
			var t tool
			if err := decodeValue(d, &t, fmt.Sprintf("tools.%d", at), "dictionary"); err != nil {
				return err
			}
			switch {
			case t.Name != "":
				r.tools = append(r.tools, t)
			case t.Type == "" || t.Type == "custom":
				return badRequestf("tools.%d.name: Field required", at)
			}
			return nil
		})
		r.inputBytes += d.InputOffset() - before
		return err
	default:
		err := d.Decode(&ignoredValue{})
		if name == "system" {
			r.inputBytes += d.InputOffset() - before
		}
		return err
	}
}

// noteContent notes what is read of a message beside its text.
func (r *messageRequest) noteContent(at int, m *inputMessage) {
	where := fmt.Sprintf("messages.%d.content", at)
	if m.Role == "assistant" && m.Content.documents {
		r.removedIn2026(where, "a document block cannot stand in an assistant message")
	}
	if m.Role == "user" && m.Content.citations {
		r.removedIn2026(where, "citations of a text block must be empty in a user message")
	}
	if room := maxFileIDs - len(r.files); room > 0 {
		r.files = append(r.files, m.Content.files[:min(room, len(m.Content.files))]...)
	}
}

// decodeValue decodes the next value into v, or says what it should be.
func decodeValue(d *json.Decoder, v any, name, kind string) error {
	err := d.Decode(v)
	wrong, ok := errors.AsType[*json.UnmarshalTypeError](err)
	switch {
	case !ok:
		return err
	case wrong.Field != "":
		return badRequestf("%s.%s: Input is of the wrong type", name, wrong.Field)
	default:
		return badRequestf("%s: Input should be a valid %s", name, kind)
	}
}

// decodeList calls each before every item of a list; each reads it.
func decodeList(d *json.Decoder, name string, most int, each func(at int) error) error {
	if first, err := d.Token(); err != nil {
		return err
	} else if first != json.Delim('[') {
		return badRequestf("%s: Input should be a valid list", name)
	}
	for at := 0; d.More(); at++ {
		if at == most {
			return badRequestf("%s: List should have at most %d items", name, most)
		}
		if err := each(at); err != nil {
			return err
		}
	}
	_, err := d.Token() // the closing bracket
	return err
}

// ignoredValue is a value that is not read.
type ignoredValue struct{}

// UnmarshalJSON takes any value.
func (*ignoredValue) UnmarshalJSON([]byte) error { return nil }
