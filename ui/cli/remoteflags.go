package cli

import (
	"net/http"
	"strings"
	"time"
	"unicode"

	"paceline/client"

	"github.com/spf13/pflag"
)

const maxTimeout = time.Minute

// remoteFlags are those of the commands that ask a queue over the network.
type remoteFlags struct {
	set     *pflag.FlagSet
	token   string
	headers []string
	timeout time.Duration
}

func newRemoteFlags() *remoteFlags {
	f := &remoteFlags{set: pflag.NewFlagSet("remote", pflag.ContinueOnError)}
	f.set.StringVar(&f.token, "token", "", "bearer token; better in "+tokenVariable)
	f.set.StringArrayVar(&f.headers, "header", nil, "a header to send, as 'Name: value'; may be repeated")
	f.set.DurationVar(&f.timeout, "timeout", 5*time.Second, "how long one poll may take, up to 1m")
	return f
}

// source returns the source over a queue's address. No error of it contains the
// token or a header's value.
func (f *remoteFlags) source(a *app, address string) (client.Source, error) {
	if f.timeout <= 0 || f.timeout > maxTimeout {
		return nil, usagef("--timeout is %v: must be above 0 and at most %v", f.timeout, maxTimeout)
	}
	token := f.token
	if token == "" {
		token = a.getenv(tokenVariable)
	}
	if strings.ContainsFunc(token, func(c rune) bool { return unicode.IsSpace(c) || unicode.IsControl(c) }) {
		return nil, usagef("the token has a space or a line break in it: give it as it was issued")
	}
	header, err := parseHeaders(f.headers)
	if err != nil {
		return nil, err
	}
	source, err := client.NewHTTP(address, client.HTTPOptions{Header: header, Token: token, Timeout: f.timeout, Stream: true})
	if err != nil {
		return nil, usagef("%v", err)
	}
	return source, nil
}

// parseHeaders reads "Name: value" lines.
func parseHeaders(lines []string) (http.Header, error) {
	header := http.Header{}
	for _, line := range lines {
		name, value, found := strings.Cut(line, ":")
		name, value = strings.TrimSpace(name), strings.TrimSpace(value)
		switch {
		case !found || name == "" || strings.ContainsFunc(name, notInHeaderName):
			return nil, usagef("a --header is not of the form 'Name: value', such as 'X-Api-Key: abc'")
		case strings.ContainsFunc(value, unicode.IsControl):
			return nil, usagef("the value of --header %s has a line break or a control character in it: leave it out", name)
		}
		header.Add(name, value)
	}
	return header, nil
}

// notInHeaderName reports whether c cannot stand in the name of a header.
func notInHeaderName(c rune) bool {
	letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
	return !letter && !strings.ContainsRune("!#$%&'*+-.^_`|~", c)
}
