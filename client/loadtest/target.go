package loadtest

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"paceline/client"
)

// Route is one of the two interfaces that take messages.
type Route string

// The routes.
const (
	// Chat is the older deployment's: POST /api/between/chat.
	Chat Route = "chat"
	// Messages is the Claude API's: POST /v1/messages.
	Messages Route = "messages"
)

// Path returns the route's path below the base address.
func (r Route) Path() string {
	if r == Chat {
		return "/api/between/chat"
	}
	return "/v1/messages"
}

// The defaults of a [Target]. They are small, because answers can cost money.
const (
	DefaultModel     = "claude-haiku-5-5" // the cheapest in November 2026
	DefaultMaxTokens = 64
	DefaultTimeout   = 10 * time.Minute // that of the official SDKs
)

// Target is the endpoint that messages are sent to, and their form. Base and Route are
// required.
type Target struct {
	// Base is the address that the route's path is added to.
	Base string
	// Route is Chat or Messages.
	Route Route
	// Stream asks for streamed answers.
	Stream bool
	// Header is sent with each message. Its values are never printed, not even if the
	// server returns them.
	Header http.Header
	// Model and MaxTokens are for the Messages route. Empty and zero mean
	// [DefaultModel] and [DefaultMaxTokens].
	Model     string
	MaxTokens int
	// Body is a JSON object with fields of the message. Missing fields are filled in;
	// the user and whether to stream are always set by the test. May be nil.
	Body []byte
	// Timeout is how long one message may take until the last byte of its answer.
	// Zero means [DefaultTimeout].
	Timeout time.Duration
	// GiveUp is how long a user waits for the header of an answer; then it closes the
	// connection and sends the same message again at once, until Timeout. Zero means as
	// long as Timeout.
	GiveUp time.Duration
	// Overlap is how long the old connection stays open after the message was sent again,
	// as it does behind a proxy. It needs GiveUp.
	Overlap time.Duration
	// IdempotencyKeys gives each message an Idempotency-Key, the same for each sending of it.
	IdempotencyKeys bool
	// Transport sends the messages. Nil means a transport of the test's own, with a
	// connection for each unanswered message.
	Transport http.RoundTripper
}

// check returns an error if messages cannot be sent to the target.
func (t *Target) check() error {
	u, err := url.Parse(t.Base)
	switch {
	case err != nil || u.Host == "" || u.User != nil:
		return errors.New("loadtest: the address makes no sense: write it as http://host:port")
	case t.Route != Chat && t.Route != Messages:
		return fmt.Errorf("loadtest: the route is %q: must be %s or %s", t.Route, Chat, Messages)
	case t.Timeout < 0:
		return fmt.Errorf("loadtest: the time-out is %v: must be above zero", t.Timeout)
	case t.GiveUp < 0:
		return fmt.Errorf("loadtest: giveUp is %v: must be zero (never) or more", t.GiveUp)
	case t.Overlap < 0 || t.Overlap > 0 && t.GiveUp == 0:
		return fmt.Errorf("loadtest: overlap is %v: must be above zero, and needs giveUp", t.Overlap)
	case t.MaxTokens < 0:
		return fmt.Errorf("loadtest: maxTokens is %d: must be above zero", t.MaxTokens)
	}
	_, err = t.fields()
	return err
}

// url returns the whole address of the route.
func (t *Target) url() string {
	address := strings.TrimSuffix(t.Base, "/") + t.Route.Path()
	if t.Stream && t.Route == Chat {
		address += "?stream=true"
	}
	return address
}

// fields returns the fields that all bodies have.
func (t *Target) fields() (map[string]any, error) {
	fields := map[string]any{}
	if t.Body != nil {
		var own map[string]json.RawMessage
		if err := json.Unmarshal(t.Body, &own); err != nil || own == nil {
			return nil, errors.New("loadtest: the body is no JSON object")
		}
		for name, value := range own {
			fields[name] = value
		}
	}
	if t.Route == Messages {
		setDefault(fields, "model", cmp.Or(t.Model, DefaultModel))
		setDefault(fields, "max_tokens", cmp.Or(t.MaxTokens, DefaultMaxTokens))
		fields["stream"] = t.Stream
	}
	return fields, nil
}

// body returns the body of a message. Without a body of the caller's each is different,
// so that no cache answers it.
func (t *Target) body(user string, number int) ([]byte, error) {
	fields, err := t.fields()
	if err != nil {
		return nil, err
	}
	words := fmt.Sprintf("Load test, message %d of %s: answer with one short sentence.", number+1, user)
	if t.Route == Messages {
		setDefault(fields, "messages", []map[string]string{{"role": "user", "content": words}})
		fields["metadata"] = map[string]string{"user_id": user}
	} else {
		if _, ok := fields["input"]; !ok {
			setDefault(fields, "message", words)
		}
		fields["userId"] = user
		delete(fields, "isVoiceMode") // with it the answer would be a stream
	}
	return json.Marshal(fields)
}

// setDefault sets a field that is missing.
func setDefault(fields map[string]any, name string, value any) {
	if _, ok := fields[name]; !ok {
		fields[name] = value
	}
}

// secrets returns the values of the header that must not be printed.
func (t *Target) secrets() []string {
	var all []string
	for _, values := range t.Header {
		for _, v := range values {
			for word := range strings.FieldsSeq(v) {
				if len(word) >= 6 { // a shorter one would hide ordinary words
					all = append(all, word)
				}
			}
		}
	}
	return all
}

// clean returns a text of a server, fit for one line of a terminal, with the secrets
// hidden.
func clean(words string, secrets []string) string {
	if len(words) > maxServerText {
		words = words[:maxServerText]
	}
	words = client.Clean(words)
	for _, s := range secrets {
		words = strings.ReplaceAll(words, s, "[hidden]")
	}
	return words
}

// maxServerText is the length at which a text of a server is cut, in bytes.
const maxServerText = 4 << 10

// CheckBody returns an error if the body is no JSON object.
func (t *Target) CheckBody() error {
	_, err := t.fields()
	return err
}
