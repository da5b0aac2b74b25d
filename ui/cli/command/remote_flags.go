package command

import (
	"net/http"
	"strings"
	"time"
	"unicode"

	"paceline/client"

	"github.com/spf13/pflag"
)

const maxTimeout = time.Minute

// RemoteFlags are the flags of the commands that ask a queue over the network.
type RemoteFlags struct {
	Set     *pflag.FlagSet
	Token   string
	Headers []string
	Timeout time.Duration
}

// NewRemoteFlags returns the flags with their defaults.
func NewRemoteFlags() *RemoteFlags {
	f := &RemoteFlags{Set: pflag.NewFlagSet("remote", pflag.ContinueOnError)}
	f.Set.StringVar(&f.Token, "token", "", "bearer token; better in "+TokenVariable)
	f.Set.StringArrayVar(&f.Headers, "header", nil, "a header to send, as 'Name: value'; may be repeated")
	f.Set.DurationVar(&f.Timeout, "timeout", 5*time.Second, "how long one poll may take, up to 1m")
	return f
}

// Source returns a source for the queue at an address. No error of it contains the
// token or the value of a header.
func (f *RemoteFlags) Source(a *App, address string) (client.Source, error) {
	if f.Timeout <= 0 || f.Timeout > maxTimeout {
		return nil, Usagef("--timeout is %v: must be above 0 and at most %v", f.Timeout, maxTimeout)
	}
	token := f.Token
	if token == "" {
		token = a.Getenv(TokenVariable)
	}
	if strings.ContainsFunc(token, func(c rune) bool { return unicode.IsSpace(c) || unicode.IsControl(c) }) {
		return nil, Usagef("the token has a space or a line break in it: give it as it was issued")
	}
	header, err := ParseHeaders(f.Headers)
	if err != nil {
		return nil, err
	}
	source, err := client.NewHTTP(address, client.HTTPOptions{Header: header, Token: token, Timeout: f.Timeout, Stream: true})
	if err != nil {
		return nil, Usagef("%v", err)
	}
	return source, nil
}

// ParseHeaders reads "Name: value" lines.
func ParseHeaders(lines []string) (http.Header, error) {
	header := http.Header{}
	for _, line := range lines {
		name, value, found := strings.Cut(line, ":")
		name, value = strings.TrimSpace(name), strings.TrimSpace(value)
		switch {
		case !found || name == "" || strings.ContainsFunc(name, isNotHeaderNameChar):
			return nil, Usagef("a --header is not of the form 'Name: value', such as 'X-Api-Key: abc'")
		case strings.ContainsFunc(value, unicode.IsControl):
			return nil, Usagef("the value of --header %s has a line break or a control character in it: leave it out", name)
		}
		header.Add(name, value)
	}
	return header, nil
}

// isNotHeaderNameChar reports whether c cannot stand in the name of a header.
func isNotHeaderNameChar(c rune) bool {
	letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
	return !letter && !strings.ContainsRune("!#$%&'*+-.^_`|~", c)
}
