package gateway

import (
	"net"
	"net/http"
	"time"
)

// NewTransport returns a transport for calls to one host: many connections kept
// open, HTTP/2 where the host speaks it, and bodies passed on as they are, still
// compressed. It obeys HTTPS_PROXY and its kin. There is no time-out for the
// answer's header, because the API may think for minutes: the queue takes the slot
// of a call that is silent for Settings.MaxRun.
func NewTransport() *http.Transport {
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            (&net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
		TLSHandshakeTimeout:    10 * time.Second,
		ExpectContinueTimeout:  time.Second,
		ForceAttemptHTTP2:      true,
		DisableCompression:     true,
		MaxResponseHeaderBytes: 256 << 10,
		MaxIdleConns:           0, // the one host's limit is the limit
		MaxIdleConnsPerHost:    1024,
		IdleConnTimeout:        90 * time.Second,
	}
}
