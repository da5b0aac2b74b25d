package client_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"paceline/client"
)

func Example() {
	server := httptest.NewServer(http.FileServer(http.Dir("testdata/wire")))
	defer server.Close()

	source, err := client.NewHTTP(server.URL+"/long-wait.json", client.HTTPOptions{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = source.Close() }()

	history := client.NewHistory(time.Second)
	sample, err := source.Poll(context.Background())
	if err != nil {
		fmt.Println(err)
		return
	}
	history.Add(sample)
	verdict := client.Judge(sample, history.Derived())
	fmt.Printf("%v: %s\n%s\n", verdict.Level, verdict.Message, verdict.Recommendation)
	// Output:
	// critical: Very long wait times (25 waiting, average 45 s)
	// Upgrade API tier, prioritize requests, or add response caching
}
