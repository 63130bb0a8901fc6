package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/apache/rocketmq-client-go/v2"
	"github.com/apache/rocketmq-client-go/v2/consumer"
	"github.com/apache/rocketmq-client-go/v2/primitive"
)

// What this client sees where it is refused, on brokers that create neither topics nor groups by
// themselves; on the strict one, the only scenario that changes the broker is broker-forbids.
var refusalScenarios = []scenario{
	{"unknown-topic", unknownTopic},
	{"topic-deleted", topicDeleted},
	{"broker-forbids", brokerForbids},
	{"batch-too-large", batchTooLarge},
	{"delay-refused", delayRefused},
	{"group-unknown", groupUnknown},
	{"group-disabled", groupDisabled},
	{"broadcast-disabled", broadcastDisabled},
	{"no-retry-queues", noRetryQueues},
	{"queue-with-another", queueWithAnother},
	{"sql-refused", sqlRefused},
	{"request-unanswered", requestUnanswered},
}

// The failure must be the broker's word, with this code and a sentence.
func mustRefuse(what string, code int, made rocketmq.Producer, messages ...*primitive.Message) error {
	result, err := made.SendSync(context.Background(), messages...)
	if err == nil {
		return fmt.Errorf("%s was not refused but gave %s", what, result)
	}
	begin := fmt.Sprintf("CODE: %d, DESC: ", code)
	if !strings.HasPrefix(err.Error(), begin) || len(err.Error()) < len(begin)+10 {
		return fmt.Errorf("%s was refused otherwise: %w", what, err)
	}
	return nil
}

func (s site) createTopic(isOrdered bool) error {
	return s.createTopicAt([]string{"broker-a"}, fields{"order": isOrdered})
}

// The topic with two queues at each of these brokers, with settings beside the usual ones.
func (s site) createTopicAt(brokers []string, different fields) error {
	settings := fields{
		"topic": s.topic, "defaultTopic": "TBW102", "readQueueNums": 2, "writeQueueNums": 2,
		"perm": 6, "topicFilterType": "SINGLE_TAG", "topicSysFlag": 0, "order": false,
	}
	for name, value := range different {
		settings[name] = value
	}
	for _, broker := range brokers {
		address, err := s.brokerOf(broker)
		if err == nil {
			_, err = well(address, 17, settings)
		}
		if err != nil {
			return err
		}
	}
	return until(10*time.Second, func() bool {
		found, err := s.brokersOf(s.topic)
		return err == nil && len(found) == len(brokers)
	})
}

// A group with settings beside the usual ones.
func (s site) putGroup(different fields) error {
	address, err := s.broker()
	if err != nil {
		return err
	}
	settings := fields{
		"groupName": s.group, "consumeEnable": true, "consumeBroadcastEnable": true,
		"consumeFromMinEnable": true, "retryQueueNums": 1, "retryMaxTimes": 16, "brokerId": 0,
		"whichBrokerWhenConsumeSlowly": 1, "notifyConsumerIdsChangedEnable": true,
	}
	for name, value := range different {
		settings[name] = value
	}
	body, _ := json.Marshal(settings)
	_, err = well(address, 200, nil, body...)
	return err
}

// The topic, and a producer.
func (s site) prepared(run func(rocketmq.Producer) error) error {
	if err := s.createTopic(false); err != nil {
		return err
	}
	return s.withProducer(run)
}

func unknownTopic(s site) error {
	return s.withProducer(func(made rocketmq.Producer) error {
		_, err := made.SendSync(context.Background(), s.message("TagA", "nowhere"))
		if err == nil || !strings.Contains(err.Error(), "route info not found") {
			return fmt.Errorf("not refused for its route: %w", err)
		}
		return nil
	})
}

// The producer still knows where the topic was.
func topicDeleted(s site) error {
	return s.prepared(func(made rocketmq.Producer) error {
		if _, err := s.send(made, "before ", 1); err != nil {
			return err
		}
		address, err := s.broker()
		if err == nil {
			_, err = well(address, 215, fields{"topic": s.topic})
		}
		if err != nil {
			return err
		}
		return mustRefuse("a send to a topic that was deleted", 17, made, s.message("TagA", "late"))
	})
}

// Ordered topics alone cannot be written to then.
func brokerForbids(s site) error {
	s.nameServer = s.strict
	if err := s.createTopic(true); err != nil {
		return err
	}
	return s.withProducer(func(made rocketmq.Producer) error {
		if _, err := s.send(made, "before ", 1); err != nil {
			return err
		}
		address, err := s.broker()
		if err != nil {
			return err
		}
		// Soon after its start the client looks for its routes once more. A route that it took now
		// would have no queue to send to, and nothing would be sent that can be refused.
		time.Sleep(time.Second)
		if _, err = well(address, 25, nil, []byte("brokerPermission=4\n")...); err != nil {
			return err
		}
		err = mustRefuse("a send to a broker that is read only", 16, made, s.message("TagA", "no"))
		if _, again := well(address, 25, nil, []byte("brokerPermission=6\n")...); err == nil {
			err = again
		}
		return err
	})
}

// Three messages, each of which would do alone.
func batchTooLarge(s site) error {
	return s.prepared(func(made rocketmq.Producer) error {
		var messages []*primitive.Message
		for i := 0; i < 3; i++ {
			messages = append(messages, primitive.NewMessage(s.topic, make([]byte, 2<<20)))
		}
		code := 13
		if s.isApache {
			code = 1 // its encoder throws, which it answers as a fault of its own
		}
		if err := mustRefuse("a batch of 6 MiB", code, made, messages...); err != nil {
			return err
		}
		bodies, err := s.send(made, "still alive ", 5)
		if err != nil {
			return err
		}
		if err = s.putGroup(nil); err != nil {
			return err
		}
		_, err = s.expect(byTags("*"), bodies)
		return err
	})
}

func delayRefused(s site) error {
	return s.prepared(func(made rocketmq.Producer) error {
		far := s.message("TagA", "far").WithDelayTimestamp(time.Now().Add(96 * time.Hour))
		if err := mustRefuse("a delay of four days", 13, made, far); err != nil {
			return err
		}
		wrong := s.message("TagA", "wrong")
		wrong.WithProperty("TIMER_DELAY_MS", "soon")
		return mustRefuse("a delay that is no number", 13, made, wrong)
	})
}

// Sends, has a consumer that gets nothing, sets things right, and then it gets everything.
func (s site) refusedUntil(isRight func() error, more ...consumer.Option) error {
	return s.prepared(func(made rocketmq.Producer) error {
		bodies, err := s.send(made, "patient ", 8)
		if err != nil {
			return err
		}
		into := &gathered{}
		reader, err := s.listen(into.hear, "", more...)
		if err != nil {
			return err
		}
		defer reader.Shutdown()
		time.Sleep(3 * time.Second)
		if found := into.bodies(); len(found) > 0 {
			return fmt.Errorf("%d messages came to a group that may have none", len(found))
		}
		if err = isRight(); err != nil {
			return err
		}
		// This client looks again for its queues every twenty seconds, and beats every thirty.
		err = until(60*time.Second, func() bool { return len(into.bodies()) >= len(bodies) })
		if err != nil {
			return err
		}
		return into.expect(bodies)
	})
}

func groupUnknown(s site) error {
	return s.refusedUntil(func() error { return s.putGroup(nil) })
}

func groupDisabled(s site) error {
	if err := s.putGroup(fields{"consumeEnable": false}); err != nil {
		return err
	}
	return s.refusedUntil(func() error { return s.putGroup(nil) })
}

func broadcastDisabled(s site) error {
	if err := s.putGroup(fields{"consumeBroadcastEnable": false}); err != nil {
		return err
	}
	return s.refusedUntil(func() error {
		return s.putGroup(nil)
	}, consumer.WithConsumerModel(consumer.BroadCasting))
}

// What is not taken does not come again.
func noRetryQueues(s site) error {
	return s.prepared(func(made rocketmq.Producer) error {
		if err := s.putGroup(fields{"retryQueueNums": 0}); err != nil {
			return err
		}
		bodies, err := s.send(made, "once ", 5)
		if err != nil {
			return err
		}
		tries := &gathered{}
		hear := func(ctx context.Context, messages ...*primitive.MessageExt) (consumer.ConsumeResult, error) {
			if concurrently, ok := primitive.GetConcurrentlyCtx(ctx); ok {
				concurrently.DelayLevelWhenNextConsume = 1
			}
			return tries.hearAgain(ctx, messages...)
		}
		reader, err := s.listen(hear, "")
		if err != nil {
			return err
		}
		defer reader.Shutdown()
		if err = tries.expect(bodies); err != nil {
			return err
		}
		time.Sleep(4 * time.Second)
		return tries.expect(bodies)
	})
}

// Two members that both want all queues: one has them, the other waits for its turn.
func queueWithAnother(s site) error {
	return s.prepared(func(made rocketmq.Producer) error {
		if err := s.putGroup(nil); err != nil {
			return err
		}
		all := consumer.WithStrategy(func(_, _ string, queues []*primitive.MessageQueue, _ []string) []*primitive.MessageQueue {
			return queues
		})
		bodies, err := s.send(made, "first ", 5)
		if err != nil {
			return err
		}
		first, second := &gathered{}, &gathered{}
		holder, err := s.listen(first.hear, "holder", consumer.WithConsumerOrder(true), all)
		if err != nil {
			return err
		}
		defer holder.Shutdown()
		if err = first.expect(bodies); err != nil {
			return err
		}
		waiting, err := s.listen(second.hear, "waiting", consumer.WithConsumerOrder(true), all)
		if err != nil {
			return err
		}
		defer waiting.Shutdown()
		time.Sleep(3 * time.Second)
		more, err := s.send(made, "more ", 5)
		if err != nil {
			return err
		}
		if err = first.expect(append(bodies, more...)); err != nil {
			return err
		}
		if found := second.bodies(); len(found) > 0 {
			return fmt.Errorf("%d messages came to the one without the lock", len(found))
		}
		return nil
	})
}

// It is told in its log only: nothing comes, and the group goes on with a better one.
func sqlRefused(s site) error {
	return s.prepared(func(made rocketmq.Producer) error {
		if err := s.putGroup(nil); err != nil {
			return err
		}
		bodies, err := s.send(made, "any ", 8)
		if err != nil {
			return err
		}
		into, reader, err := s.gather(bySql("a > 5 AND AND b = 1"), "")
		if err != nil {
			return err
		}
		time.Sleep(4 * time.Second)
		reader.Shutdown()
		if found := into.bodies(); len(found) > 0 {
			return fmt.Errorf("%d messages came by an expression that is none", len(found))
		}
		_, err = s.expect(bySql("TAGS = 'TagA'"), bodies)
		return err
	})
}

func requestUnanswered(s site) error {
	return s.prepared(func(made rocketmq.Producer) error {
		began := time.Now()
		reply, err := made.Request(context.Background(), 2*time.Second, s.message("TagA", "anybody?"))
		if err == nil {
			return fmt.Errorf("nobody was there to answer, but: %s", reply)
		}
		if waited := time.Since(began); waited < 1900*time.Millisecond || waited > 6*time.Second {
			return fmt.Errorf("after %v: %w", waited, err)
		}
		return nil
	})
}
