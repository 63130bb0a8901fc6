package compat;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.apache.rocketmq.client.consumer.DefaultLitePullConsumer;
import org.apache.rocketmq.client.consumer.DefaultMQPullConsumer;
import org.apache.rocketmq.client.consumer.PullResult;
import org.apache.rocketmq.client.consumer.PullStatus;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.common.message.MessageExt;
import org.apache.rocketmq.common.message.MessageQueue;

/** Consumers that ask for messages themselves. */
final class Polling {
  private Polling() {}

  static void register(Map<String, Suite.Scenario> scenarios) {
    scenarios.put("lite-assign", Polling::assign);
    scenarios.put("lite-seek", Polling::seek);
    scenarios.put("lite-subscribe", Polling::subscribe);
    scenarios.put("pull", Polling::pull);
  }

  /** Polls until so many messages came; more than that is a fault too. */
  private static List<MessageExt> poll(DefaultLitePullConsumer consumer, int count) {
    List<MessageExt> messages = new ArrayList<>();
    long end = System.nanoTime() + 20_000_000_000L;
    while (messages.size() < count && System.nanoTime() < end) messages.addAll(consumer.poll(500));
    Check.same("messages polled", count, messages.size());
    Check.same("messages behind the last", 0, consumer.poll(300).size());
    return messages;
  }

  private static Set<String> bodies(List<MessageExt> messages) {
    Set<String> bodies = new TreeSet<>();
    for (MessageExt one : messages) bodies.add(Collector.text(one));
    return bodies;
  }

  private static void assign(Site site) throws Exception {
    DefaultMQProducer producer = site.producer();
    List<MessageQueue> queues = site.create(producer, 4);
    Set<String> expected = new TreeSet<>();
    for (int i = 0; i < 40; i++) {
      Site.stored(producer.send(site.message("TagA", "assign " + i), queues.get(i % 4)));
      if (i % 4 == 1 || i % 4 == 3) expected.add("assign " + i);
    }
    DefaultLitePullConsumer consumer = site.lite();
    consumer.start();
    Collection<MessageQueue> fetched = consumer.fetchMessageQueues(site.topic);
    Check.same("queues", 4, fetched.size());
    List<MessageQueue> mine = List.of(queues.get(1), queues.get(3));
    consumer.assign(mine);
    for (MessageQueue one : mine) calmly(consumer, one, () -> consumer.seekToBegin(one));
    Check.same("bodies", expected, bodies(poll(consumer, 20)));
    consumer.commitSync();
    for (MessageQueue one : mine) {
      Check.until(
          10_000, () -> "committed offset of " + one, () -> committed(consumer, one) == 10L);
    }
    Check.that(committed(consumer, queues.get(0)) <= 0, "progress in a queue never assigned");
  }

  private static long committed(DefaultLitePullConsumer consumer, MessageQueue queue) {
    try {
      return consumer.committed(queue);
    } catch (Exception none) {
      return -1;
    }
  }

  /** Seeks while no pull is under way: this client may deliver the answer of one to the old place. */
  private static void calmly(
      DefaultLitePullConsumer consumer, MessageQueue queue, Seek seek) throws Exception {
    consumer.pause(List.of(queue));
    Thread.sleep(300);
    seek.run();
    consumer.resume(List.of(queue));
  }

  interface Seek {
    void run() throws Exception;
  }

  private static void seek(Site site) throws Exception {
    DefaultMQProducer producer = site.producer();
    MessageQueue queue = site.create(producer, 1).get(0);
    site.send(producer, "before ", 30);
    Thread.sleep(30);
    long middle = System.currentTimeMillis();
    Thread.sleep(30);
    site.send(producer, "behind ", 30);
    DefaultLitePullConsumer consumer = site.lite();
    consumer.setPullBatchSize(7);
    consumer.start();
    consumer.assign(List.of(queue));
    calmly(consumer, queue, () -> consumer.seek(queue, 25));
    List<MessageExt> messages = poll(consumer, 35);
    for (int i = 0; i < 35; i++) Check.same("offset", 25L + i, messages.get(i).getQueueOffset());
    calmly(consumer, queue, () -> consumer.seekToBegin(queue));
    Check.same("first of all", "before 0", Collector.text(poll(consumer, 60).get(0)));
    long found = consumer.offsetForTimestamp(queue, middle);
    Check.same("offset at a time", 30L, found);
    calmly(consumer, queue, () -> consumer.seek(queue, found));
    Check.same("first since then", "behind 0", Collector.text(poll(consumer, 30).get(0)));
    calmly(consumer, queue, () -> consumer.seekToEnd(queue));
    Check.same("at the end", 0, consumer.poll(500).size());
    site.send(producer, "new ", 3);
    Check.same("new ones", Set.of("new 0", "new 1", "new 2"), bodies(poll(consumer, 3)));
    Check.failure("an offset behind the end", () -> {
      consumer.seek(queue, 1000);
      return "a seek to 1000";
    });
  }

  private static void subscribe(Site site) throws Exception {
    DefaultMQProducer producer = site.producer();
    site.create(producer, 4);
    for (int round = 0; round < 2; round++) {
      Set<String> expected = site.send(producer, "round " + round + " ", 40);
      Site.stored(producer.send(site.message("TagB", "not wanted")));
      DefaultLitePullConsumer consumer = site.lite();
      consumer.subscribe(site.topic, "TagA || TagX");
      consumer.start();
      Check.same("bodies", expected, bodies(poll(consumer, 40)));
      consumer.commitSync();
      Set<MessageQueue> assignment = consumer.assignment();
      Check.same("queues", 4, assignment.size());
      consumer.shutdown();
    }
  }

  @SuppressWarnings("deprecation")
  private static void pull(Site site) throws Exception {
    DefaultMQProducer producer = site.producer();
    MessageQueue queue = site.create(producer, 1).get(0);
    site.send(producer, "pull ", 100);
    DefaultMQPullConsumer consumer = new DefaultMQPullConsumer(site.group);
    consumer.setNamesrvAddr(site.nameServer);
    consumer.start();
    try {
      Check.same("lowest offset", 0L, consumer.minOffset(queue));
      Check.same("highest offset", 100L, consumer.maxOffset(queue));
      Check.that(consumer.earliestMsgStoreTime(queue) > 0, "time of the first message");
      long next = 0;
      while (next < 100) {
        PullResult result = consumer.pull(queue, "*", next, 32);
        Check.same("status at " + next, PullStatus.FOUND, result.getPullStatus());
        for (MessageExt one : result.getMsgFoundList()) {
          Check.same("body", "pull " + next, Collector.text(one));
          Check.same("offset", next++, one.getQueueOffset());
        }
        Check.same("next", next, result.getNextBeginOffset());
      }
      Check.same("at the end", PullStatus.NO_NEW_MSG,
          consumer.pull(queue, "*", 100, 32).getPullStatus());
      PullResult none = consumer.pull(queue, "TagZ", 0, 32);
      Check.same("with another tag", PullStatus.NO_MATCHED_MSG, none.getPullStatus());
      Check.that(none.getNextBeginOffset() > 0, "no progress where nothing matches");
      PullResult behind = consumer.pull(queue, "*", 5000, 32);
      Check.same("behind the end", PullStatus.OFFSET_ILLEGAL, behind.getPullStatus());
      consumer.updateConsumeOffset(queue, 42);
      consumer.getDefaultMQPullConsumerImpl().getOffsetStore().updateConsumeOffsetToBroker(
          queue, 42, false);
      Check.same("committed", 42L, consumer.fetchConsumeOffset(queue, true));
    } finally {
      consumer.shutdown();
    }
  }
}
