package main

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/apache/rocketmq-client-go/v2"
	"github.com/apache/rocketmq-client-go/v2/consumer"
	"github.com/apache/rocketmq-client-go/v2/primitive"
)

// Clients of three brokers, which a name server of their own knows.
var clusterScenarios = []scenario{
	{"publish-and-retry", publishAndRetry},
	{"shared-by-two", sharedByTwo},
	{"checked-where-it-lies", checkedWhereItLies},
}

var brokers = []string{"broker-a", "broker-b", "broker-c"}

// Has the topic, with queues at each broker, and a producer.
func (s site) clustered(run func(rocketmq.Producer) error) error {
	if err := s.createTopicAt(brokers, nil); err != nil {
		return err
	}
	return s.withProducer(run)
}

// Sends so many; gives the broker of each by its body.
func (s site) spread(made rocketmq.Producer, prefix string, count int) (map[string]string, error) {
	at := map[string]string{}
	seen := map[string]bool{}
	for i := 0; i < count; i++ {
		body := fmt.Sprintf("%s%d", prefix, i)
		result, err := store(made, s.message("TagA", body))
		if err != nil {
			return nil, err
		}
		at[body] = result.MessageQueue.BrokerName
		seen[at[body]] = true
	}
	if len(seen) != len(brokers) {
		return nil, fmt.Errorf("messages are at %v alone", seen)
	}
	return at, nil
}

func keysOf(at map[string]string) []string {
	var keys []string
	for key := range at {
		keys = append(keys, key)
	}
	return keys
}

// Each third fails at its first try, and comes again from the broker where it was.
func publishAndRetry(s site) error {
	return s.clustered(func(made rocketmq.Producer) error {
		into := &gathered{}
		var lock sync.Mutex
		failed := map[string]bool{}
		hear := func(ctx context.Context, messages ...*primitive.MessageExt) (consumer.ConsumeResult, error) {
			lock.Lock()
			defer lock.Unlock()
			for _, one := range messages {
				body := string(one.Body)
				if strings.HasSuffix(body, "0") && one.ReconsumeTimes == 0 {
					failed[body] = true
					return consumer.ConsumeRetryLater, nil
				}
			}
			return into.hear(ctx, messages...)
		}
		at, err := s.spread(made, "message ", 90)
		if err != nil {
			return err
		}
		reader, err := s.listen(hear, "")
		if err != nil {
			return err
		}
		defer reader.Shutdown()
		// This client looks for its retry topic's queues every twenty seconds, or thirty.
		_ = until(60*time.Second, func() bool { return len(into.all()) >= len(at) })
		if err = into.expect(keysOf(at)); err != nil {
			return err
		}
		for _, one := range into.all() {
			body := string(one.Body)
			times := map[bool]int32{true: 1}[failed[body]]
			if one.ReconsumeTimes != times || one.Queue.BrokerName != at[body] {
				return fmt.Errorf("%s came as %s, from %s", body, one, at[body])
			}
		}
		lock.Lock()
		defer lock.Unlock()
		if len(failed) != 9 {
			return fmt.Errorf("%d failed once", len(failed))
		}
		return nil
	})
}

// Two members share the queues of all brokers; when one goes, the other has all.
func sharedByTwo(s site) error {
	return s.clustered(func(made rocketmq.Producer) error {
		first, reader, err := s.consume("*", "_first")
		if err != nil {
			return err
		}
		defer reader.Shutdown()
		second, other, err := s.consume("*", "_second")
		if err != nil {
			return err
		}
		var sent []string
		send := func(count int) error {
			at, err := s.spread(made, fmt.Sprintf("message %d ", len(sent)), count)
			sent = append(sent, keysOf(at)...)
			return err
		}
		var failure error
		err = until(60*time.Second, func() bool {
			time.Sleep(200 * time.Millisecond)
			failure = send(12)
			return failure != nil || len(first.all()) > 20 && len(second.all()) > 20
		})
		other.Shutdown()
		if failure == nil {
			failure = err
		}
		if failure != nil {
			return fmt.Errorf("%d and %d came: %w", len(first.all()), len(second.all()), failure)
		}
		if err = send(30); err != nil {
			return err
		}
		return until(60*time.Second, func() bool {
			came := map[string]bool{}
			for _, body := range append(first.bodies(), second.bodies()...) {
				came[body] = true
			}
			return len(came) == len(sent)
		})
	})
}

// Halves lie at all brokers; each broker asks about its own, and delivers its own.
func checkedWhereItLies(s site) error {
	if err := s.createTopicAt(brokers, nil); err != nil {
		return err
	}
	says := &decisions{first: primitive.UnkonwnState, later: primitive.CommitMessageState}
	return s.withTransactions(says, func(made rocketmq.TransactionProducer) error {
		bodies, err := s.transact(made, "half ", 18)
		if err != nil {
			return err
		}
		into, err := s.expect(byTags("*"), bodies)
		if err != nil {
			return err
		}
		seen := map[string]bool{}
		for _, one := range into.all() {
			seen[one.Queue.BrokerName] = true
		}
		if messages, _ := says.asked(); messages != len(bodies) || len(seen) != len(brokers) {
			return fmt.Errorf("%d were asked about, and came from %v", messages, seen)
		}
		return nil
	})
}
