// Scenarios with Apache's Go client. Arguments: name server, name server of the strict broker,
// apache|pocketmq, wanted names with commas. Prints a line for each, `SCENARIO name OK|FAIL|SKIP ms`, what went wrong indented under it.
package main

import (
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/apache/rocketmq-client-go/v2/primitive"
	"github.com/apache/rocketmq-client-go/v2/rlog"
)

// Why a scenario has no meaning here.
type skipped string

func (s skipped) Error() string {
	return string(s)
}

type scenario struct {
	name string
	run  func(site) error
}

var sources = [][]scenario{
	everydayScenarios,
	transactionScenarios,
	askingScenarios,
	filterScenarios,
	retryScenarios,
	refusalScenarios,
	traceScenarios,
	flowScenarios,
	clusterScenarios,
}

func main() {
	rlog.SetLogLevel("fatal")
	wanted := "," + os.Args[4] + ","
	for _, scenarios := range sources {
		for _, one := range scenarios {
			if strings.Contains(wanted, ","+one.name+",") {
				attempt(one)
			}
		}
	}
}

func attempt(one scenario) {
	began := time.Now()
	where := site{
		nameServer: primitive.NamesrvAddr{os.Args[1]},
		strict:     primitive.NamesrvAddr{os.Args[2]},
		isApache:   os.Args[3] == "apache",
		topic:      "go_topic_" + one.name,
		group:      "go_group_" + one.name,
	}
	outcome, details := "OK", ""
	if err := one.run(where); err != nil {
		outcome, details = "FAIL", "  "+strings.ReplaceAll(err.Error(), "\n", "\n  ")+"\n"
		if _, isSkipped := err.(skipped); isSkipped {
			outcome = "SKIP"
		}
	}
	fmt.Printf("SCENARIO %s %s %d\n%s", one.name, outcome, time.Since(began).Milliseconds(), details)
}
