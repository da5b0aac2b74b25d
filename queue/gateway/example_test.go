package gateway_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"

	"paceline/queue"
	"paceline/queue/api"
	"paceline/queue/gateway"
)

// A gateway in an http.Server, with the endpoint of its queue beside it.
func Example() {
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		_, _ = fmt.Fprintf(w, `{"type":"message","echo":%s}`, body)
	}))
	defer upstream.Close()
	u, err := url.Parse(upstream.URL) // https://api.anthropic.com
	if err != nil {
		fmt.Println(err)
		return
	}

	q, err := queue.New(queue.DefaultSettings())
	if err != nil {
		fmt.Println(err)
		return
	}
	g, err := gateway.New(q, gateway.Options{Upstream: u})
	if err != nil {
		fmt.Println(err)
		return
	}
	mux := http.NewServeMux()
	mux.Handle("/v1/", g)
	mux.Handle("/api/queue/", api.New(q, api.Options{}))
	server := httptest.NewUnstartedServer(nil)
	server.Config = api.NewHTTPServer(mux)
	server.Start()
	defer server.Close()

	answer, err := http.Post(server.URL+"/v1/messages", "application/json", strings.NewReader(`{"model":"claude-sonnet-4-5"}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(answer.Body)
	fmt.Println(answer.Status, string(body), err)
	fmt.Println("in lane", answer.Header.Get("X-Paceline-Lane"), "with attempt", answer.Header.Get("X-Paceline-Attempts"))
	fmt.Println(q.Report().Metrics.Successful, "successful")
	// Output:
	// 200 OK {"type":"message","echo":{"model":"claude-sonnet-4-5"}} <nil>
	// in lane key-none/sonnet-4 with attempt 1
	// 1 successful
}
