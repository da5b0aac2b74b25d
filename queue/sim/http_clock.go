package sim

import (
	"net/http"
	"strconv"
	"time"
)

// now is the time by the server's clock.
func (s *HTTPSettings) now() time.Time { return time.Now().Add(s.DateSkew) }

// retryAfter returns a retry-after of so many seconds in the form of the settings.
// A text that is not a number is unchanged.
func (s *HTTPSettings) retryAfter(text string) string {
	seconds, err := strconv.Atoi(text)
	if err != nil || !s.RetryAfterDate {
		return text
	}
	at := s.now().Add(time.Duration(seconds) * time.Second)
	return RoundUp.round(at.UTC()).Format(http.TimeFormat)
}

// dateWriter sets Date by the server's skewed clock.
type dateWriter struct {
	http.ResponseWriter
	settings *HTTPSettings
	done     bool
}

// WriteHeader implements http.ResponseWriter.
func (d *dateWriter) WriteHeader(status int) {
	d.date()
	d.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (d *dateWriter) Write(b []byte) (int, error) {
	d.date()
	return d.ResponseWriter.Write(b)
}

// date sets the date of an answer that begins now.
func (d *dateWriter) date() {
	if !d.done {
		d.done = true
		d.Header().Set("Date", d.settings.now().UTC().Format(http.TimeFormat))
	}
}

// Unwrap lets an http.ResponseController flush and reset the connection.
func (d *dateWriter) Unwrap() http.ResponseWriter { return d.ResponseWriter }
