package api_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
)

// The files in testdata are what the deployment that readers know sends. Ours
// must have the same keys, of the same types, in the same order.

func TestMetricsHaveTheKeysOfTheWire(t *testing.T) {
	for _, file := range []string{"idle.json", "healthy.json", "warning.json"} {
		t.Run(file, func(t *testing.T) {
			q := newQueue(t)
			defer hold(t, q, waitingIn(t, file))()
			if file != "idle.json" { // which has had no success yet, so lastProcessedAt is null
				finish(t, q)
			}
			status, header, body := get(t, serve(t, q)+"/api/queue/metrics")
			if status != http.StatusOK {
				t.Fatalf("GET: got status %d, want 200: %s", status, body)
			}
			if got := header.Get("Cache-Control"); got != "no-store" {
				t.Errorf("Cache-Control: got %q, want no-store", got)
			}
			want := shape(t, testdata(t, file))
			got := slices.DeleteFunc(shape(t, body), func(line string) bool {
				return strings.HasPrefix(line, "detail")
			})
			if !slices.Equal(got, want) {
				t.Errorf("%s: the keys differ\ngot:\n%s\nwant:\n%s", file, lines(got), lines(want))
			}
		})
	}
}

func TestResetAnswersAsOnTheWire(t *testing.T) {
	status, _, body := request(t, "POST", serve(t, newQueue(t))+"/api/queue/metrics")
	if status != http.StatusOK {
		t.Fatalf("POST: got status %d, want 200: %s", status, body)
	}
	if got, want := shape(t, body), shape(t, testdata(t, "reset.json")); !slices.Equal(got, want) {
		t.Errorf("reset: the keys differ\ngot:\n%s\nwant:\n%s", lines(got), lines(want))
	}
	if !bytes.Contains(body, []byte(`"message":"Queue metrics have been reset"`)) {
		t.Errorf("reset: got %s, want the published message", body)
	}
}

func TestErrorsAreAsOnTheWire(t *testing.T) {
	want := shape(t, testdata(t, "error-500.json"))
	base := serve(t, newQueue(t))
	for _, path := range []string{"/nothing", "/api/queue/metrics/", "/api%2Fqueue/metrics", "/api/queue/waiting?limit=x"} {
		status, _, body := get(t, base+path)
		if status < 400 {
			t.Errorf("GET %s: got status %d, want an error", path, status)
		}
		if got := shape(t, body); !slices.Equal(got, want) {
			t.Errorf("GET %s: got keys\n%s\nwant\n%s", path, lines(got), lines(want))
		}
	}
}

// waitingIn reads how many wait according to a file.
func waitingIn(t *testing.T, file string) int {
	t.Helper()
	var wire struct {
		Metrics struct{ CurrentQueueLength int }
	}
	if err := json.Unmarshal(testdata(t, file), &wire); err != nil {
		t.Fatal(err)
	}
	return wire.Metrics.CurrentQueueLength
}

func testdata(t *testing.T, file string) []byte {
	t.Helper()
	b, err := os.ReadFile("testdata/" + file)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// shape lists the keys of a JSON object in order, each with its path and type.
func shape(t *testing.T, b []byte) []string {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	var out []string
	if err := describe(d, "", &out); err != nil {
		t.Fatalf("not JSON: %v: %s", err, b)
	}
	if _, err := d.Token(); err != io.EOF {
		t.Fatalf("more than one value: %s", b)
	}
	return out
}

// describe reads one value and appends a line for it and for each in it.
func describe(d *json.Decoder, path string, out *[]string) error {
	token, err := d.Token()
	if err != nil {
		return err
	}
	switch v := token.(type) {
	case json.Delim:
		*out = append(*out, fmt.Sprintf("%s %v", path, v))
		for d.More() {
			at := path + "[]"
			if v == '{' {
				key, err := d.Token()
				if err != nil {
					return err
				}
				at = strings.TrimPrefix(fmt.Sprintf("%s.%v", path, key), ".")
			}
			if err := describe(d, at, out); err != nil {
				return err
			}
		}
		_, err = d.Token()
		return err
	case json.Number:
		kind := "number"
		if _, err := v.Int64(); err == nil {
			kind = "integer"
		}
		*out = append(*out, path+" "+kind)
	default:
		*out = append(*out, fmt.Sprintf("%s %T", path, v))
	}
	return nil
}

func lines(list []string) string { return "  " + strings.Join(list, "\n  ") }
