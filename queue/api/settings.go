package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"paceline/queue"
)

// settings answers GET /api/queue/settings.
func (s *Server) settings(http.ResponseWriter, *http.Request) (any, *problem) {
	return settingsAnswer{s.queue.Settings()}, nil
}

// settingsAnswer writes settings with the name of the pace before them.
type settingsAnswer struct{ queue.Settings }

// MarshalJSON implements json.Marshaler.
func (a settingsAnswer) MarshalJSON() ([]byte, error) {
	rows, err := a.Settings.MarshalJSON()
	if err != nil {
		return nil, err
	}
	return append(fmt.Appendf(nil, `{%q:%q,`, paceKey, a.Pace()), rows[1:]...), nil
}

// changeSettings answers PATCH /api/queue/settings: it changes all named fields, or
// none of them.
func (s *Server) changeSettings(w http.ResponseWriter, r *http.Request) (any, *problem) {
	body, p := readBody(w, r, `send a JSON object with the settings to change, such as {"minDelayMs":2000}`)
	if p != nil {
		return nil, p
	}
	changes, pace, err := parseChanges(body)
	if err != nil {
		return nil, badRequest(err.Error())
	}
	settings, err := s.queue.ChangeSettings(changes, pace, s.caller(r))
	if err != nil {
		return nil, badRequest(strings.TrimPrefix(err.Error(), "queue: "))
	}
	return settingsAnswer{settings}, nil
}

// paceKey is the setting that is a name, and no number.
const paceKey = "pace"

// parseChanges parses a JSON object of numbers, in which each group of settings is such
// an object, too. It returns the numbers by path, such as "thresholds.warnWaiting", and the
// pace; that is empty if it is not there. The queue checks the paths and the pace.
func parseChanges(body []byte) (changes map[string]float64, pace string, _ error) {
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	token, err := d.Token()
	switch {
	case err != nil:
		return nil, "", notJSON(err)
	case token != json.Delim('{'):
		return nil, "", fmt.Errorf("the body is %s: must be an object", kindOf(token))
	}
	changes = map[string]float64{}
	if err := parseObject(d, "", changes, &pace); err != nil {
		return nil, "", err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, "", errors.New("the body goes on after the JSON object")
	}
	return changes, pace, nil
}

// parseObject parses an object after its opening brace. The pace stands in the outermost one.
func parseObject(d *json.Decoder, prefix string, changes map[string]float64, pace *string) error {
	seen := map[string]bool{}
	for {
		token, err := d.Token()
		if err != nil {
			return notJSON(err)
		}
		key, ok := token.(string)
		if !ok { // the brace that ends it
			return nil
		}
		shown := prefix + queue.Truncate(key, maxID)
		switch {
		case seen[key]:
			return fmt.Errorf("%q is there twice", shown)
		case strings.Contains(key, "."): // it would reach into a group
			return fmt.Errorf("there is no setting %q", shown)
		}
		seen[key] = true
		token, err = d.Token()
		if err != nil {
			return notJSON(err)
		}
		if prefix == "" && queue.SettingGroup(key) {
			if token != json.Delim('{') {
				return fmt.Errorf("%s is %s: must be an object", key, kindOf(token))
			}
			if err := parseObject(d, key+".", changes, pace); err != nil {
				return err
			}
			continue
		}
		if prefix == "" && key == paceKey {
			if *pace, ok = token.(string); !ok {
				return fmt.Errorf("pace is %s: must be %q, %q or %q", kindOf(token), queue.PaceOff, queue.PaceSpaced, queue.PaceAdaptive)
			}
			if *pace == "" {
				return errors.New("pace is empty: leave it out to keep it as it is")
			}
			continue
		}
		number, ok := token.(json.Number)
		if !ok {
			return fmt.Errorf("%q is %s: must be a number", shown, kindOf(token))
		}
		changes[prefix+key], err = number.Float64()
		if err != nil {
			return fmt.Errorf("%q is out of the range of numbers", shown)
		}
	}
}

func notJSON(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("the body breaks off: must be a JSON object")
	}
	return fmt.Errorf("the body is not JSON: %w", err)
}

// kindOf names the kind of a value by its first token.
func kindOf(token json.Token) string {
	switch token := token.(type) {
	case json.Delim:
		if token == '[' {
			return "a list"
		}
		return "an object"
	case string:
		return "a string"
	case bool:
		return fmt.Sprint(token)
	case nil:
		return "null"
	default:
		return "a number"
	}
}
