package loadtest

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"paceline/client"
)

// Route is which of the two interfaces the messages go to.
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

// The defaults of a [Target]. They are small, for where answers cost money.
const (
	DefaultModel     = "claude-haiku-5-5" // the cheapest in November 2026
	DefaultMaxTokens = 64
	DefaultTimeout   = 10 * time.Minute // as the official SDKs have it
)

// Target is where messages go, and how they look. Base and Route are needed.
type Target struct {
	// Base is the address that the route's path is added to.
	Base string
	// Route is Chat or Messages.
	Route Route
	// Stream asks for streamed answers.
	Stream bool
	// Header goes with each message. Its values are never printed, not even where
	// the server says them back.
	Header http.Header
	// Model and MaxTokens are for the Messages route. Empty and zero mean
	// [DefaultModel] and [DefaultMaxTokens].
	Model     string
	MaxTokens int
	// Body is a JSON object to be sent in place of ours. What is missing in it is
	// filled in; the user and whether to stream are always set by the test. Nil:
	// ours.
	Body []byte
	// Timeout is how long one message may take until the last byte of its answer.
	// Zero means [DefaultTimeout].
	Timeout time.Duration
	// Transport carries the messages. Nil means one of the test's own, with a
	// connection for each message that is unanswered.
	Transport http.RoundTripper
}

// check refuses what cannot be sent.
func (t *Target) check() error {
	u, err := url.Parse(t.Base)
	switch {
	case err != nil || u.Host == "" || u.User != nil:
		return errors.New("loadtest: the address makes no sense: write it as http://host:port")
	case t.Route != Chat && t.Route != Messages:
		return fmt.Errorf("loadtest: the route is %q: must be %s or %s", t.Route, Chat, Messages)
	case t.Timeout < 0:
		return fmt.Errorf("loadtest: the time-out is %v: must be above zero", t.Timeout)
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

// fields returns what each body has.
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
		setDefault(fields, "model", or(t.Model, DefaultModel))
		setDefault(fields, "max_tokens", or(t.MaxTokens, DefaultMaxTokens))
		fields["stream"] = t.Stream
	}
	return fields, nil
}

// body returns the body of a message. Each of ours is a new one, so that no cache
// answers it.
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
		delete(fields, "isVoiceMode") // it would stream
	}
	return json.Marshal(fields)
}

// setDefault sets a field that is not there.
func setDefault(fields map[string]any, name string, value any) {
	if _, ok := fields[name]; !ok {
		fields[name] = value
	}
}

// or returns v, or other if v is zero.
func or[T comparable](v, other T) T {
	var zero T
	if v == zero {
		return other
	}
	return v
}

// secrets returns the values of the header that must not be printed.
func (t *Target) secrets() []string {
	var all []string
	for _, values := range t.Header {
		for _, v := range values {
			for word := range strings.FieldsSeq(v) {
				if len(word) >= 6 { // a shorter one would blot out words
					all = append(all, word)
				}
			}
		}
	}
	return all
}

// clean returns what a server said fit for one line of a terminal, without the
// secrets.
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

// maxSaid is how many bytes of what a server says are looked at.
const maxServerText = 4 << 10

// CheckBody returns an error if the body is no JSON object.
func (t *Target) CheckBody() error {
	_, err := t.fields()
	return err
}
