package gateway

import (
	"net"
	"net/http"
	"time"
)

// NewTransport returns a transport for calls to one host: it keeps many connections
// open, uses HTTP/2 if the host does, and passes bodies on unchanged, still
// compressed. It obeys HTTPS_PROXY and its kin. The answer's header has no
// time-out, because the API may think for minutes: the queue takes the slot of a
// call that is silent for Settings.MaxRun.
func NewTransport() *http.Transport {
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            (&net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
		TLSHandshakeTimeout:    10 * time.Second,
		ExpectContinueTimeout:  time.Second,
		ForceAttemptHTTP2:      true,
		DisableCompression:     true,
		MaxResponseHeaderBytes: 256 << 10,
		MaxIdleConns:           0, // MaxIdleConnsPerHost is the limit
		MaxIdleConnsPerHost:    1024,
		IdleConnTimeout:        90 * time.Second,
	}
}
