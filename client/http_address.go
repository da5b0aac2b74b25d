package client

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"
)

// endpoint is the path of the metrics below a base URL.
const endpoint = "/api/queue/metrics"

// parseAddress returns the URL of the endpoint, without userinfo and fragment, and the
// userinfo. Its errors do not quote an address that may hold a secret.
func parseAddress(address string) (*url.URL, *url.Userinfo, error) {
	address = strings.TrimSpace(address)
	if address == "" {
		return nil, nil, errors.New("client: no address: give a URL such as http://127.0.0.1:3000")
	}
	if ip := net.ParseIP(address); ip != nil && ip.To4() == nil {
		address = "[" + address + "]"
	}
	if !strings.Contains(address, "://") {
		address = "http://" + address
	}
	u, err := url.Parse(address)
	if err != nil {
		return nil, nil, fmt.Errorf("client: %s is not a URL: write it as http://host:port or https://host/prefix", shown(address))
	}
	switch u.Scheme {
	case "http", "https":
	default:
		return nil, nil, fmt.Errorf("client: the scheme is %q: write http:// or https://", Clean(u.Scheme))
	}
	if u.Hostname() == "" || strings.ContainsAny(u.Hostname(), " %<>\"") {
		return nil, nil, fmt.Errorf("client: %s names no host: write it as http://host:port", shown(address))
	}
	if port := u.Port(); port != "" {
		if n, err := strconv.Atoi(port); err != nil || n < 1 || n > 65535 {
			return nil, nil, fmt.Errorf("client: the port is %s: must be from 1 to 65535", Clean(port))
		}
	}
	u.Host = strings.TrimSuffix(u.Host, ":") // of "host:", without a port
	user := u.User
	u.User, u.Fragment, u.RawFragment = nil, "", ""
	if !isEndpointPath(u.Path) {
		if u.Path == "" {
			u.Path = "/" // else the joined path is relative
		}
		u = u.JoinPath(endpoint)
	}
	return u, user, nil
}

// isEndpointPath reports whether p is the path of an endpoint rather than a base to
// which the endpoint's path is added.
func isEndpointPath(p string) bool {
	p = strings.TrimSuffix(p, "/")
	return path.Base(p) == "metrics" || path.Ext(p) == ".json"
}

// shown returns an address as an error may print it: if it is short and holds
// neither userinfo nor query.
func shown(address string) string {
	if strings.ContainsAny(address, "@?") || len(address) > 100 {
		return "the address"
	}
	return strconv.Quote(Clean(address))
}

// plainAddress returns u without userinfo, query and fragment.
func plainAddress(u *url.URL) string {
	return Clean((&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String())
}

// authorize sets the Authorization header from a token or the user in the address.
func (s *HTTP) authorize(token string, user *url.Userinfo) error {
	token = strings.TrimSpace(token)
	switch {
	case token != "":
		for _, r := range token {
			if r <= ' ' || r > '~' {
				return errors.New("client: the token has a blank or a character that is not ASCII: give it as it was issued")
			}
		}
		s.header.Set("Authorization", "Bearer "+token)
	case user != nil:
		password, _ := user.Password()
		r := http.Request{Header: s.header}
		r.SetBasicAuth(user.Username(), password)
	}
	s.authorized = s.header.Get("Authorization") != ""
	return nil
}
