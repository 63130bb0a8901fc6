package compat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.rocketmq.client.QueryResult;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.client.producer.SendCallback;
import org.apache.rocketmq.client.producer.SendResult;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.common.message.MessageExt;
import org.apache.rocketmq.common.message.MessageQueue;

/** The ways of sending, and finding again what was sent. */
final class Sending {
  private Sending() {}

  static void register(Map<String, Suite.Scenario> scenarios) {
    scenarios.put("asynchronous", Sending::asynchronous);
    scenarios.put("one-way", Sending::oneWay);
    scenarios.put("batch", Sending::batch);
    scenarios.put("chosen-queue", Sending::chosenQueue);
    scenarios.put("round-trip", Sending::roundTrip);
    scenarios.put("look-up-of-several-keys", Sending::lookUp);
  }

  private static void asynchronous(Site site) throws Exception {
    DefaultMQProducer producer = site.producer();
    int count = 200;
    Set<String> bodies = new TreeSet<>();
    ConcurrentLinkedQueue<Object> outcomes = new ConcurrentLinkedQueue<>();
    CountDownLatch open = new CountDownLatch(count);
    for (int i = 0; i < count; i++) {
      String body = "asynchronous " + i;
      bodies.add(body);
      producer.send(site.message("TagA", body), new SendCallback() {
        @Override
        public void onSuccess(SendResult result) {
          outcomes.add(result);
          open.countDown();
        }

        @Override
        public void onException(Throwable failure) {
          outcomes.add(failure);
          open.countDown();
        }
      });
    }
    Check.that(open.await(15, TimeUnit.SECONDS), open.getCount() + " callbacks never came");
    Set<String> places = new TreeSet<>();
    for (Object outcome : outcomes) {
      if (outcome instanceof Throwable) throw new AssertionError((Throwable) outcome);
      SendResult result = Site.stored((SendResult) outcome);
      places.add(result.getMessageQueue().getQueueId() + "@" + result.getQueueOffset());
    }
    Check.same("different places", count, places.size());
    site.collect("*").expect(bodies, 15_000);
  }

  private static void oneWay(Site site) throws Exception {
    DefaultMQProducer producer = site.producer();
    site.create(producer, 4);
    Set<String> bodies = new TreeSet<>();
    for (int i = 0; i < 100; i++) {
      producer.sendOneway(site.message("TagA", "one-way " + i));
      bodies.add("one-way " + i);
    }
    Collector collector = site.collect("*");
    collector.expect(bodies, 30_000);
  }

  private static void batch(Site site) throws Exception {
    DefaultMQProducer producer = site.producer();
    List<Message> messages = new ArrayList<>();
    Set<String> bodies = new TreeSet<>();
    for (int i = 0; i < 50; i++) {
      Message message = site.message(i % 2 == 0 ? "TagA" : "TagB", "batch " + i);
      message.setKeys("key" + i);
      message.putUserProperty("number", "" + i);
      messages.add(message);
      bodies.add("batch " + i);
    }
    SendResult result = Site.stored(producer.send(messages));
    Check.same("ids", 50, result.getMsgId().split(",").length);
    Check.same("offset ids", 50, result.getOffsetMsgId().split(",").length);
    Check.same("different offset ids", 50, new TreeSet<>(Arrays.asList(result.getOffsetMsgId().split(","))).size());
    Collector collector = site.collect("*");
    collector.expect(bodies, 15_000);
    long first = result.getQueueOffset();
    for (MessageExt one : collector.all()) {
      int number = Integer.parseInt(one.getUserProperty("number"));
      Check.same("queue of " + number, result.getMessageQueue().getQueueId(), one.getQueueId());
      Check.same("offset of " + number, first + number, one.getQueueOffset());
      Check.same("key of " + number, "key" + number, one.getKeys());
      Check.same("tag of " + number, number % 2 == 0 ? "TagA" : "TagB", one.getTags());
      String id = result.getMsgId().split(",")[number];
      Check.same("id of " + number, id, one.getMsgId());
    }
  }

  private static void chosenQueue(Site site) throws Exception {
    DefaultMQProducer producer = site.producer();
    List<MessageQueue> queues = site.create(producer, 4);
    for (int i = 0; i < 40; i++) {
      SendResult result = producer.send(
          site.message("TagA", "chosen " + i),
          (all, message, number) -> {
            for (MessageQueue one : all) {
              if (one.getQueueId() == (Integer) number % 4) return one;
            }
            throw new AssertionError("no queue " + number + " in " + all);
          },
          i);
      Site.stored(result);
      Check.same("queue", i % 4, result.getMessageQueue().getQueueId());
      Check.same("offset", (long) i / 4, result.getQueueOffset());
    }
    for (int i = 0; i < 8; i++) {
      MessageQueue queue = queues.get(i % 4);
      SendResult result = Site.stored(producer.send(site.message("TagA", "to " + i), queue));
      Check.same("queue", queue, result.getMessageQueue());
      Check.same("offset", 10L + i / 4, result.getQueueOffset());
    }
  }

  /** Everything that a message carries arrives as it was, small, compressed or without tag. */
  private static void roundTrip(Site site) throws Exception {
    DefaultMQProducer producer = site.producer();
    StringBuilder large = new StringBuilder();
    while (large.length() < 200_000) large.append("Zeile ").append(large.length()).append(" äöü€😀\n");
    Map<String, Message> sent = new HashMap<>();
    String[] bodies = {"plain", "Grüße, 世界 😀", large.toString(), "\u0000\u0001\u0002 control"};
    for (int i = 0; i < bodies.length; i++) {
      Message message = new Message(site.topic, bodies[i].getBytes(StandardCharsets.UTF_8));
      if (i != 0) message.setTags("Tag-" + i);
      message.setKeys("one" + i + " two" + i);
      message.setFlag(1000 + i);
      message.putUserProperty("colour", "größer als " + i);
      message.putUserProperty("__proto__", "polluted");
      String id = Site.stored(producer.send(message)).getMsgId();
      sent.put(id, message);
    }
    Collector collector = site.collect("*");
    Check.until(15_000, () -> collector.count() + " of 4 came", () -> collector.count() >= 4);
    for (MessageExt one : collector.all()) {
      Message original = sent.remove(one.getMsgId());
      Check.that(original != null, "no message was sent with id " + one.getMsgId());
      String body = new String(original.getBody(), StandardCharsets.UTF_8);
      Check.that(body.equals(Collector.text(one)), "another body for " + one);
      Check.that(String.valueOf(original.getTags()).equals(String.valueOf(one.getTags())), "tags");
      Check.same("keys", original.getKeys(), one.getKeys());
      Check.same("flag", original.getFlag(), one.getFlag());
      Check.same("colour", original.getUserProperty("colour"), one.getUserProperty("colour"));
      Check.same("__proto__", "polluted", one.getUserProperty("__proto__"));
      Check.same("reconsumed", 0, one.getReconsumeTimes());
      Check.that(one.getBornHostString().equals("127.0.0.1"), "born at " + one.getBornHost());
      Check.that(one.getStoreHost().toString().contains("127.0.0.1"), "store " + one.getStoreHost());
      Check.that(one.getBornTimestamp() <= one.getStoreTimestamp() + 1000, "times of " + one);
      Check.that(Math.abs(one.getStoreTimestamp() - System.currentTimeMillis()) < 60_000, "time");
    }
    Check.that(sent.isEmpty(), "never came: " + sent.keySet());
  }

  private static void lookUp(Site site) throws Exception {
    DefaultMQProducer producer = site.producer();
    SendResult second = null;
    for (int i = 0; i < 5; i++) {
      Message message = site.message("TagA", "look-up " + i);
      message.setKeys(i % 2 == 0 ? "even shared" : "odd shared");
      SendResult result = Site.stored(producer.send(message));
      if (i == 1) second = result;
    }
    SendResult wanted = second;
    MessageExt byUnique = producer.viewMessage(site.topic, wanted.getMsgId());
    Check.same("by its unique id", "look-up 1", Collector.text(byUnique));
    MessageExt byPlace = producer.viewMessage(site.topic, wanted.getOffsetMsgId());
    Check.same("by its offset id", "look-up 1", Collector.text(byPlace));
    long now = System.currentTimeMillis();
    for (Map.Entry<String, Integer> one : Map.of("even", 3, "odd", 2, "shared", 5).entrySet()) {
      QueryResult found = producer.queryMessage(
          site.topic, one.getKey(), 32, now - 60_000, now + 60_000);
      Check.same("with key " + one.getKey(), one.getValue(), found.getMessageList().size());
    }
    Check.failure("a key that nobody sent", () -> producer.queryMessage(
        site.topic, "absent", 32, now - 60_000, now + 60_000));
  }
}
