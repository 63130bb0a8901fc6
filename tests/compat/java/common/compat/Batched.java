package compat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.rocketmq.client.consumer.DefaultMQPullConsumer;
import org.apache.rocketmq.client.consumer.PullResult;
import org.apache.rocketmq.client.exception.MQBrokerException;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.client.producer.SendResult;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.common.message.MessageBatch;
import org.apache.rocketmq.common.message.MessageClientIDSetter;
import org.apache.rocketmq.common.message.MessageExt;
import org.apache.rocketmq.common.message.MessageQueue;

/** Topics of type BatchCQ, in which a batch is one record. */
final class Batched {
  private Batched() {}

  static void register(Map<String, Suite.Scenario> scenarios) {
    scenarios.put("batched-topic", Batched::together);
    scenarios.put("batched-topic-in-the-middle", Batched::middle);
    scenarios.put("batched-topic-by-time", Batched::byTime);
    scenarios.put("batched-topic-refused", Batched::refused);
    scenarios.put("batched-topic-single", Batched::single);
  }

  /** A producer, and the topic with one queue, of this type. */
  private static DefaultMQProducer producer(Site site) throws Exception {
    DefaultMQProducer producer = site.producer();
    new Tools(producer).createTopic(site.topic, 1, "+queue.type=BatchCQ");
    Check.until(10_000, () -> "no queue of the new topic", () -> {
      try {
        return producer.fetchPublishMessageQueues(site.topic).size() == 1;
      } catch (Exception notYet) {
        return false;
      }
    });
    return producer;
  }

  /** A batch with a key of its own, as 5.x makes it of a list and 4.9 does not. */
  private static MessageBatch batch(Site site, String... bodies) {
    List<Message> messages = new ArrayList<>();
    for (String body : bodies) {
      Message message = site.message("TagA", body);
      MessageClientIDSetter.setUniqID(message);
      messages.add(message);
    }
    MessageBatch batch = MessageBatch.generateFromList(messages);
    MessageClientIDSetter.setUniqID(batch);
    batch.setBody(batch.encode());
    return batch;
  }

  private static SendResult send(Site site, DefaultMQProducer producer, String... bodies)
      throws Exception {
    return Site.stored(producer.send(batch(site, bodies)));
  }

  /** Clients of 5.x unwrap a batch; those of 4.9 take it for one message. */
  private static void together(Site site) throws Exception {
    DefaultMQProducer producer = producer(site);
    MessageQueue queue = producer.fetchPublishMessageQueues(site.topic).get(0);
    SendResult first = send(site, producer, "a", "b", "c");
    Check.same("offset of " + first, 0L, first.getQueueOffset());
    SendResult second = send(site, producer, "d", "e");
    Check.same("offset of " + second, 3L, second.getQueueOffset());
    Check.until(10_000, () -> "does not end at 5", () -> {
      try {
        return producer.maxOffset(queue) == 5L;
      } catch (Exception failure) {
        throw new AssertionError(failure);
      }
    });
    Check.same("begin", 0L, producer.minOffset(queue));
    if (!Version.IS_OLD) {
      Check.that(!first.getMsgId().contains(","), "ids of each: " + first);
      Site.stored(producer.send(Arrays.asList(
          site.message("TagA", "f"), site.message("TagA", "g"))));
    }
    Collector collector = site.collect("*");
    if (Version.IS_OLD) {
      Check.until(20_000, () -> "came: " + collector.count(), () -> collector.count() >= 2);
      for (MessageExt one : collector.all()) {
        Check.same("flags", 0xc0, one.getSysFlag() & 0xc0);
        String count = one.getQueueOffset() == 0 ? "3" : "2";
        Check.same("messages in it", count, one.getProperty("INNER_NUM"));
        Check.same("the first", "" + one.getQueueOffset(), one.getProperty("INNER_BASE"));
      }
      return;
    }
    collector.expect(new TreeSet<>(Arrays.asList("a", "b", "c", "d", "e", "f", "g")), 20_000);
    Map<Long, String> byOffset = new TreeMap<>();
    for (MessageExt one : collector.all()) {
      byOffset.put(one.getQueueOffset(), Collector.text(one));
      Check.same("tag", "TagA", one.getTags());
    }
    Check.same("by offset", "{0=a, 1=b, 2=c, 3=d, 4=e, 5=f, 6=g}", byOffset.toString());
  }

  private static DefaultMQPullConsumer puller(Site site) throws Exception {
    DefaultMQPullConsumer consumer = new DefaultMQPullConsumer(site.group);
    consumer.setNamesrvAddr(site.nameServer);
    consumer.start();
    site.closing(consumer::shutdown);
    return consumer;
  }

  /** Who asks for a message in the middle gets the whole batch, and goes on behind it. */
  private static void middle(Site site) throws Exception {
    DefaultMQProducer producer = producer(site);
    MessageQueue queue = producer.fetchPublishMessageQueues(site.topic).get(0);
    for (String round : new String[] {"a", "b", "c"}) {
      send(site, producer, round + 0, round + 1, round + 2);
    }
    DefaultMQPullConsumer consumer = puller(site);
    Check.until(10_000, () -> "not there yet", () -> pull(consumer, queue, 7, 32).size() > 0);
    Check.same("from 4 on", Version.IS_OLD ? 2 : 6, pull(consumer, queue, 4, 32).size());
    PullResult one = consumer.pull(queue, "*", 4, 1);
    Check.same("behind it", 6L, one.getNextBeginOffset());
    Check.same("its first", 3L, one.getMsgFoundList().get(0).getQueueOffset());
    Check.same("three", 6L, consumer.pull(queue, "*", 5, 3).getNextBeginOffset());
    Check.same("at the end", "NO_NEW_MSG", consumer.pull(queue, "*", 9, 3).getPullStatus().name());
    Check.same("tagged", "NO_MATCHED_MSG",
        consumer.pull(queue, "TagA", 0, 32).getPullStatus().name());
  }

  private static List<MessageExt> pull(
      DefaultMQPullConsumer consumer, MessageQueue queue, long offset, int most) {
    try {
      List<MessageExt> found = consumer.pull(queue, "*", offset, most).getMsgFoundList();
      return found == null ? new ArrayList<>() : found;
    } catch (Exception failure) {
      throw new AssertionError(failure);
    }
  }

  private static void byTime(Site site) throws Exception {
    DefaultMQProducer producer = producer(site);
    MessageQueue queue = producer.fetchPublishMessageQueues(site.topic).get(0);
    List<Long> times = new ArrayList<>();
    for (String round : new String[] {"a", "b", "c"}) {
      Thread.sleep(300);
      times.add(System.currentTimeMillis());
      Thread.sleep(300);
      send(site, producer, round + 0, round + 1, round + 2);
    }
    DefaultMQPullConsumer consumer = puller(site);
    Check.until(10_000, () -> "not there yet", () -> pull(consumer, queue, 7, 32).size() > 0);
    for (int i = 0; i < 3; i++) {
      Check.same("offset " + i, 3L * i, producer.searchOffset(queue, times.get(i)));
    }
    long late = System.currentTimeMillis() + 1000;
    Check.same("the last", 6L, producer.searchOffset(queue, late));
  }

  /** Single messages, and batches without a key of their own, stand beside batches. */
  private static void single(Site site) throws Exception {
    DefaultMQProducer producer = producer(site);
    Check.same("offset", 0L, Site.stored(producer.send(site.message("TagA", "a"))).getQueueOffset());
    Check.same("offset", 1L, send(site, producer, "b").getQueueOffset());
    MessageBatch keyless = batch(site, "c", "d");
    keyless.getProperties().remove("UNIQ_KEY");
    SendResult apart = Site.stored(producer.send(keyless));
    Check.same("offset of " + apart, 2L, apart.getQueueOffset());
    SendResult last = send(site, producer, "e");
    Collector collector = site.collect("*");
    Check.same("offset of " + last, 4L, last.getQueueOffset());
    Check.until(20_000, () -> "came: " + collector.all(), () -> collector.count() >= 5);
    Check.same("messages", 5, collector.count());
    Check.that(collector.bodies().containsAll(Arrays.asList("a", "c", "d")), "not the single ones");
  }

  /** Its type stays as it is, and a retry topic takes no batch. */
  private static void refused(Site site) throws Exception {
    DefaultMQProducer producer = producer(site);
    Tools tools = new Tools(producer);
    for (String change : new String[] {"+queue.type=SimpleCQ", "-queue.type", "+queue.type=X"}) {
      Throwable failure = Check.failure(change, () -> {
        tools.createTopic(site.topic, 1, change);
        return "a change";
      });
      Check.that(failure instanceof MQBrokerException, "not by the broker: " + failure);
      Check.same("code of " + failure, 1, ((MQBrokerException) failure).getResponseCode());
    }
    SendResult sent = send(site, producer, "a", "b");
    Check.same("still of that type", 0L, sent.getQueueOffset());
    Check.same("offset", 2L, send(site, producer, "c").getQueueOffset());
  }
}
