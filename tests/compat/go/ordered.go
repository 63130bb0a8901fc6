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
	"github.com/apache/rocketmq-client-go/v2/producer"
)

// Numbered messages per key, and whether consumers see them in order.
type sequences struct {
	lock     sync.Mutex
	sent     map[string]int
	seen     map[string]int
	problems []string
}

func (s *sequences) add(messages []*primitive.MessageExt) {
	s.lock.Lock()
	defer s.lock.Unlock()
	for _, one := range messages {
		var key string
		var number int
		fmt.Sscanf(string(one.Body), "%s %d", &key, &number)
		if number > s.seen[key] {
			problem := fmt.Sprintf("%s: %d came when %d was due", key, number, s.seen[key])
			s.problems = append(s.problems, problem)
		}
		if number >= s.seen[key] {
			s.seen[key] = number + 1
		}
	}
}

func (s *sequences) isComplete() bool {
	s.lock.Lock()
	defer s.lock.Unlock()
	for key, count := range s.sent {
		if s.seen[key] != count {
			return false
		}
	}
	return true
}

func (s *sequences) expect(limit time.Duration) error {
	if err := until(limit, s.isComplete); err != nil {
		return fmt.Errorf("sent %v, seen %v: %w", s.sent, s.seen, err)
	}
	if len(s.problems) > 0 {
		return fmt.Errorf("%s", strings.Join(s.problems, "\n"))
	}
	return nil
}

func (s site) hashing() (rocketmq.Producer, error) {
	made, err := rocketmq.NewProducer(
		producer.WithNsResolver(primitive.NewPassthroughResolver(s.nameServer)),
		producer.WithGroupName(s.group+"_producer"),
		producer.WithInstanceName(s.group+"_producer"),
		producer.WithSendMsgTimeout(10*time.Second),
		producer.WithQueueSelector(producer.NewHashQueueSelector()),
	)
	if err != nil {
		return nil, err
	}
	return made, made.Start()
}

func (s site) sendNumbered(made rocketmq.Producer, into *sequences, count int) error {
	for i := 0; i < count; i++ {
		key := fmt.Sprintf("key%d", i%10)
		body := fmt.Sprintf("%s %d", key, into.sent[key])
		result, err := made.SendSync(context.Background(), s.message("TagA", body).WithShardingKey(key))
		if err != nil || result.Status != primitive.SendOK {
			return fmt.Errorf("not stored: %s, %v", result, err)
		}
		into.lock.Lock()
		into.sent[key]++
		into.lock.Unlock()
	}
	return nil
}

// A consumer of this group, with options of its own and its topics to come.
func (s site) reader(instance string, more ...consumer.Option) (rocketmq.PushConsumer, error) {
	options := []consumer.Option{
		consumer.WithNsResolver(primitive.NewPassthroughResolver(s.nameServer)),
		consumer.WithGroupName(s.group),
		consumer.WithInstance(s.group + instance),
		consumer.WithConsumeFromWhere(consumer.ConsumeFromFirstOffset),
	}
	return rocketmq.NewPushConsumer(append(options, more...)...)
}

func everything() consumer.MessageSelector {
	return consumer.MessageSelector{Type: consumer.TAG, Expression: "*"}
}

func ordered(s site) error {
	made, err := s.hashing()
	if err != nil {
		return err
	}
	defer made.Shutdown()
	into := &sequences{sent: map[string]int{}, seen: map[string]int{}}
	if err = s.sendNumbered(made, into, 100); err != nil {
		return err
	}
	for i := 0; i < 2; i++ {
		reader, err := s.reader(fmt.Sprint(i), consumer.WithConsumerOrder(true))
		if err != nil {
			return err
		}
		err = reader.Subscribe(s.topic, everything(), func(_ context.Context, messages ...*primitive.MessageExt) (consumer.ConsumeResult, error) {
			into.add(messages)
			return consumer.ConsumeSuccess, nil
		})
		if err != nil {
			return err
		}
		if err = reader.Start(); err != nil {
			return err
		}
		defer reader.Shutdown()
		if err = s.sendNumbered(made, into, 200); err != nil {
			return err
		}
	}
	return into.expect(60 * time.Second)
}

func suspend(s site) error {
	made, err := s.hashing()
	if err != nil {
		return err
	}
	defer made.Shutdown()
	into := &sequences{sent: map[string]int{}, seen: map[string]int{}}
	if err = s.sendNumbered(made, into, 100); err != nil {
		return err
	}
	reader, err := s.reader("", consumer.WithConsumerOrder(true))
	if err != nil {
		return err
	}
	tries := 0
	err = reader.Subscribe(s.topic, everything(), func(ctx context.Context, messages ...*primitive.MessageExt) (consumer.ConsumeResult, error) {
		if string(messages[0].Body) == "key3 4" {
			tries++
			if tries <= 3 {
				if order, ok := primitive.GetOrderlyCtx(ctx); ok {
					order.SuspendCurrentQueueTimeMillis = 300
				}
				return consumer.SuspendCurrentQueueAMoment, nil
			}
		}
		into.add(messages)
		return consumer.ConsumeSuccess, nil
	})
	if err != nil {
		return err
	}
	if err = reader.Start(); err != nil {
		return err
	}
	defer reader.Shutdown()
	if err = into.expect(30 * time.Second); err != nil {
		return err
	}
	if tries != 4 {
		return fmt.Errorf("tried %d times, expected 4", tries)
	}
	return nil
}

func broadcast(s site) error {
	made, err := s.producer()
	if err != nil {
		return err
	}
	defer made.Shutdown()
	if _, err = s.send(made, "before ", 1); err != nil {
		return err
	}
	gatherers := []*gathered{{}, {}}
	for i, into := range gatherers {
		into := into
		reader, err := s.reader(fmt.Sprint(i), consumer.WithConsumerModel(consumer.BroadCasting))
		if err != nil {
			return err
		}
		err = reader.Subscribe(s.topic, everything(), func(_ context.Context, messages ...*primitive.MessageExt) (consumer.ConsumeResult, error) {
			for _, one := range messages {
				if strings.HasPrefix(string(one.Body), "each ") {
					into.add([]*primitive.MessageExt{one})
				}
			}
			return consumer.ConsumeSuccess, nil
		})
		if err != nil {
			return err
		}
		if err = reader.Start(); err != nil {
			return err
		}
		defer reader.Shutdown()
	}
	time.Sleep(2 * time.Second)
	bodies, err := s.send(made, "each ", 40)
	for _, into := range gatherers {
		if err == nil {
			err = into.expect(bodies)
		}
	}
	return err
}

func severalTopics(s site) error {
	made, err := s.producer()
	if err != nil {
		return err
	}
	defer made.Shutdown()
	into := &gathered{}
	reader, err := s.reader("")
	if err != nil {
		return err
	}
	var bodies []string
	for _, tag := range []string{"A", "B", "C"} {
		one := s
		one.topic = s.topic + tag
		sent, err := one.send(made, tag, 20)
		if err != nil {
			return err
		}
		bodies = append(bodies, sent...)
		err = reader.Subscribe(one.topic, everything(), func(_ context.Context, messages ...*primitive.MessageExt) (consumer.ConsumeResult, error) {
			into.add(messages)
			return consumer.ConsumeSuccess, nil
		})
		if err != nil {
			return err
		}
	}
	if err = reader.Start(); err != nil {
		return err
	}
	defer reader.Shutdown()
	return into.expect(bodies)
}
