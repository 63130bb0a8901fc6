// Scenarios with Apache's Go client. Arguments: name server, apache|pocketmq, wanted names with
// commas. Prints a line for each, `SCENARIO name OK|FAIL ms`, what went wrong indented under it.
package main

import (
	"context"
	"fmt"
	"math/rand"
	"os"
	"sort"
	"strings"
	"sync"
	"time"

	"github.com/apache/rocketmq-client-go/v2"
	"github.com/apache/rocketmq-client-go/v2/consumer"
	"github.com/apache/rocketmq-client-go/v2/primitive"
	"github.com/apache/rocketmq-client-go/v2/producer"
	"github.com/apache/rocketmq-client-go/v2/rlog"
)

type site struct {
	nameServer primitive.NamesrvAddr
	topic      string
	group      string
}

type scenario struct {
	name string
	run  func(site) error
}

var scenarios = []scenario{
	{"synchronous", synchronous},
	{"asynchronous", asynchronous},
	{"one-way", oneWay},
	{"batch", batch},
	{"tags", tags},
	{"restart", restart},
	{"rebalance", rebalance},
	{"too-large", tooLarge},
	{"delay-levels", delayLevels},
	{"ordered", ordered},
	{"suspend", suspend},
	{"broadcast", broadcast},
	{"several-topics", severalTopics},
}

func main() {
	rlog.SetLogLevel("fatal")
	wanted := strings.Split(os.Args[3], ",")
	all := append(append(append(scenarios, transactionScenarios...), askingScenarios...), filterScenarios...)
	for _, one := range append(all, retryScenarios...) {
		for _, name := range wanted {
			if name == one.name {
				attempt(one)
			}
		}
	}
}

func attempt(one scenario) {
	began := time.Now()
	where := site{primitive.NamesrvAddr{os.Args[1]}, "go_topic_" + one.name, "go_group_" + one.name}
	outcome, details := "OK", ""
	if err := one.run(where); err != nil {
		outcome, details = "FAIL", "  "+strings.ReplaceAll(err.Error(), "\n", "\n  ")+"\n"
	}
	fmt.Printf("SCENARIO %s %s %d\n%s", one.name, outcome, time.Since(began).Milliseconds(), details)
}

func (s site) producer() (rocketmq.Producer, error) {
	made, err := rocketmq.NewProducer(
		producer.WithNsResolver(primitive.NewPassthroughResolver(s.nameServer)),
		producer.WithGroupName(s.group+"_producer"),
		producer.WithInstanceName(s.group+"_producer"),
		producer.WithSendMsgTimeout(10*time.Second),
		producer.WithRetry(2),
	)
	if err != nil {
		return nil, err
	}
	return made, made.Start()
}

// What a consumer got.
type gathered struct {
	lock     sync.Mutex
	messages []*primitive.MessageExt
}

func (g *gathered) add(messages []*primitive.MessageExt) {
	g.lock.Lock()
	defer g.lock.Unlock()
	g.messages = append(g.messages, messages...)
}

func (g *gathered) bodies() []string {
	g.lock.Lock()
	defer g.lock.Unlock()
	var bodies []string
	for _, one := range g.messages {
		bodies = append(bodies, string(one.Body))
	}
	sort.Strings(bodies)
	return bodies
}

func (g *gathered) expect(expected []string) error {
	err := until(20*time.Second, func() bool { return len(g.bodies()) >= len(expected) })
	found := g.bodies()
	sort.Strings(expected)
	if err != nil || strings.Join(found, "\n") != strings.Join(expected, "\n") {
		return fmt.Errorf("expected %d messages, found %d, other ones or more", len(expected), len(found))
	}
	return nil
}

func until(limit time.Duration, holds func() bool) error {
	for end := time.Now().Add(limit); !holds(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			return fmt.Errorf("not within %v", limit)
		}
	}
	return nil
}

func (s site) consume(expression, instance string) (*gathered, rocketmq.PushConsumer, error) {
	into := &gathered{}
	made, err := rocketmq.NewPushConsumer(
		consumer.WithNsResolver(primitive.NewPassthroughResolver(s.nameServer)),
		consumer.WithGroupName(s.group),
		consumer.WithInstance(s.group+instance),
		consumer.WithConsumeFromWhere(consumer.ConsumeFromFirstOffset),
	)
	if err != nil {
		return nil, nil, err
	}
	selector := consumer.MessageSelector{Type: consumer.TAG, Expression: expression}
	err = made.Subscribe(s.topic, selector, func(_ context.Context, messages ...*primitive.MessageExt) (consumer.ConsumeResult, error) {
		into.add(messages)
		return consumer.ConsumeSuccess, nil
	})
	if err != nil {
		return nil, nil, err
	}
	return into, made, made.Start()
}

func (s site) message(tag, body string) *primitive.Message {
	return primitive.NewMessage(s.topic, []byte(body)).WithTag(tag).WithKeys([]string{body})
}

func (s site) send(made rocketmq.Producer, prefix string, count int) ([]string, error) {
	var bodies []string
	for i := 0; i < count; i++ {
		body := fmt.Sprintf("%s%d", prefix, i)
		result, err := made.SendSync(context.Background(), s.message("TagA", body))
		if err != nil {
			return nil, err
		}
		if result.Status != primitive.SendOK || result.MsgID == "" || result.OffsetMsgID == "" {
			return nil, fmt.Errorf("not stored: %s", result)
		}
		bodies = append(bodies, body)
	}
	return bodies, nil
}

// Sends with `send`, then consumes all of it.
func (s site) sendAndConsume(send func(rocketmq.Producer) ([]string, error)) error {
	made, err := s.producer()
	if err != nil {
		return err
	}
	defer made.Shutdown()
	bodies, err := send(made)
	if err != nil {
		return err
	}
	into, reader, err := s.consume("*", "")
	if err != nil {
		return err
	}
	defer reader.Shutdown()
	return into.expect(bodies)
}

func synchronous(s site) error {
	return s.sendAndConsume(func(made rocketmq.Producer) ([]string, error) {
		return s.send(made, "synchronous ", 200)
	})
}

func asynchronous(s site) error {
	return s.sendAndConsume(func(made rocketmq.Producer) ([]string, error) {
		var all sync.WaitGroup
		var bodies []string
		failures := make(chan error, 200)
		for i := 0; i < 200; i++ {
			body := fmt.Sprintf("asynchronous %d", i)
			bodies = append(bodies, body)
			all.Add(1)
			done := func(_ context.Context, result *primitive.SendResult, err error) {
				if err != nil {
					failures <- err
				} else if result.Status != primitive.SendOK {
					failures <- fmt.Errorf("not stored: %s", result)
				}
				all.Done()
			}
			if err := made.SendAsync(context.Background(), done, s.message("TagA", body)); err != nil {
				return nil, err
			}
		}
		all.Wait()
		select {
		case err := <-failures:
			return nil, err
		default:
			return bodies, nil
		}
	})
}

func oneWay(s site) error {
	return s.sendAndConsume(func(made rocketmq.Producer) ([]string, error) {
		bodies, err := s.send(made, "first ", 1)
		for i := 0; i < 100 && err == nil; i++ {
			body := fmt.Sprintf("one-way %d", i)
			bodies = append(bodies, body)
			err = made.SendOneWay(context.Background(), s.message("TagA", body))
		}
		return bodies, err
	})
}

func batch(s site) error {
	return s.sendAndConsume(func(made rocketmq.Producer) ([]string, error) {
		var bodies []string
		var messages []*primitive.Message
		for i := 0; i < 50; i++ {
			bodies = append(bodies, fmt.Sprintf("batch %d", i))
			messages = append(messages, s.message("TagA", bodies[i]))
		}
		result, err := made.SendSync(context.Background(), messages...)
		if err == nil && len(strings.Split(result.OffsetMsgID, ",")) != 50 {
			err = fmt.Errorf("offset ids of 50 messages: %s", result.OffsetMsgID)
		}
		return bodies, err
	})
}

func tags(s site) error {
	made, err := s.producer()
	if err != nil {
		return err
	}
	defer made.Shutdown()
	var wanted []string
	for i := 0; i < 60; i++ {
		tag := []string{"TagA", "TagB", "TagC"}[i%3]
		body := fmt.Sprintf("%s %d", tag, i)
		if _, err = made.SendSync(context.Background(), s.message(tag, body)); err != nil {
			return err
		}
		if tag != "TagB" {
			wanted = append(wanted, body)
		}
	}
	into, reader, err := s.consume("TagA || TagC", "")
	if err != nil {
		return err
	}
	defer reader.Shutdown()
	return into.expect(wanted)
}

func restart(s site) error {
	made, err := s.producer()
	if err != nil {
		return err
	}
	defer made.Shutdown()
	for round := 0; round < 2; round++ {
		bodies, err := s.send(made, fmt.Sprintf("round %d ", round), 40)
		if err != nil {
			return err
		}
		into, reader, err := s.consume("*", fmt.Sprint(round))
		if err != nil {
			return err
		}
		err = into.expect(bodies)
		time.Sleep(300 * time.Millisecond)
		reader.Shutdown()
		if err != nil {
			return fmt.Errorf("round %d: %w", round, err)
		}
	}
	return nil
}

func rebalance(s site) error {
	made, err := s.producer()
	if err != nil {
		return err
	}
	defer made.Shutdown()
	expected, err := s.send(made, "before ", 40)
	if err != nil {
		return err
	}
	first, firstReader, err := s.consume("*", "first")
	if err != nil {
		return err
	}
	defer firstReader.Shutdown()
	if err = first.expect(expected); err != nil {
		return err
	}
	second, secondReader, err := s.consume("*", "second")
	if err != nil {
		return err
	}
	err = until(25*time.Second, func() bool {
		more, err := s.send(made, "shared ", 4)
		expected = append(expected, more...)
		return err != nil || len(second.bodies()) >= 4
	})
	secondReader.Shutdown()
	if err != nil {
		return fmt.Errorf("the second one got %d: %w", len(second.bodies()), err)
	}
	before := len(first.bodies())
	err = until(25*time.Second, func() bool {
		_, err := s.send(made, "alone ", 4)
		return err != nil || len(first.bodies()) >= before+20
	})
	if err != nil {
		return fmt.Errorf("the first one alone got %d: %w", len(first.bodies())-before, err)
	}
	return nil
}

func tooLarge(s site) error {
	made, err := s.producer()
	if err != nil {
		return err
	}
	defer made.Shutdown()
	body := make([]byte, 5<<20)
	rand.New(rand.NewSource(1)).Read(body)
	message := primitive.NewMessage(s.topic, body)
	result, err := made.SendSync(context.Background(), message)
	if err == nil && result.Status == primitive.SendOK {
		return fmt.Errorf("5 MiB were stored: %s", result)
	}
	_, err = s.send(made, "still alive ", 5)
	return err
}

// By level: none of them early, and late by no more than a busy machine may be.
func delayLevels(s site) error {
	due := map[string]int64{}
	var lock sync.Mutex
	sendAll := func(made rocketmq.Producer) ([]string, error) {
		var bodies []string
		for level, ms := range []int64{0, 1000, 5000} {
			for round := 0; round < 4; round++ {
				body := fmt.Sprintf("level %d round %d", level, round)
				message := s.message("TagA", body)
				if level > 0 {
					message.WithDelayTimeLevel(level)
				}
				lock.Lock()
				due[body] = time.Now().UnixMilli() + ms
				lock.Unlock()
				result, err := made.SendSync(context.Background(), message)
				if err != nil || result.Status != primitive.SendOK {
					return nil, fmt.Errorf("not stored: %v %v", result, err)
				}
				bodies = append(bodies, body)
			}
		}
		return bodies, nil
	}
	made, err := s.producer()
	if err != nil {
		return err
	}
	defer made.Shutdown()
	bodies, err := sendAll(made)
	if err != nil {
		return err
	}
	into, reader, err := s.consume("*", "")
	if err != nil {
		return err
	}
	defer reader.Shutdown()
	if err := into.expect(bodies); err != nil {
		return err
	}
	for _, one := range into.messages {
		late := one.StoreTimestamp - due[string(one.Body)]
		if late < 0 || late > 3000 {
			return fmt.Errorf("%s came %d ms late", one.Body, late)
		}
	}
	return nil
}
