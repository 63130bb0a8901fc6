package compat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.apache.rocketmq.client.consumer.DefaultLitePullConsumer;
import org.apache.rocketmq.client.consumer.DefaultMQPullConsumer;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.consumer.MessageSelector;
import org.apache.rocketmq.client.consumer.PullResult;
import org.apache.rocketmq.client.exception.MQBrokerException;
import org.apache.rocketmq.client.exception.MQClientException;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.client.producer.SendResult;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.common.message.MessageExt;
import org.apache.rocketmq.common.message.MessageQueue;

/** Filters by tags and SQL92, compressed bodies and batches. Arguments as those of Suite. */
public final class FilterSuite {
  private static final String[] TAGS = {"TagA", "TagB", "TagC"};
  private static final String DOCUMENTED =
      "(TAGS is not null and TAGS in ('TagA', 'TagB')) and (a is not null and a between 0 and 3)";

  private FilterSuite() {}

  public static void main(String[] arguments) throws Exception {
    Map<String, Suite.Scenario> filters = new LinkedHashMap<>();
    filters.put("sql-push", FilterSuite::push);
    filters.put("sql-words", FilterSuite::words);
    filters.put("sql-lite-pull", FilterSuite::lite);
    filters.put("sql-in-the-pull", FilterSuite::pull);
    filters.put("sql-refused", FilterSuite::refused);
    filters.put("tags-or", FilterSuite::tags);
    filters.put("tags-collide", FilterSuite::collide);
    filters.put("compressed", FilterSuite::compressed);
    filters.put("batch-properties", FilterSuite::batch);
    filters.put("batch-automatic", FilterSuite::automatic);
    Batched.register(filters);
    Suite.play(filters, arguments);
  }

  /** Message i has tag i mod 3, and the properties a = i, name = "nI", and even = "yes" or none. */
  private static Message numbered(Site site, int i) {
    Message message = site.message(TAGS[i % 3], "message " + i);
    message.putUserProperty("a", String.valueOf(i));
    message.putUserProperty("name", "n" + i);
    if (i % 2 == 0) message.putUserProperty("even", "yes");
    return message;
  }

  private interface Wish {
    boolean wants(int i);
  }

  private static Set<String> send(Site site, DefaultMQProducer producer, int count, Wish wish)
      throws Exception {
    Set<String> wanted = new TreeSet<>();
    for (int i = 0; i < count; i++) {
      Site.stored(producer.send(numbered(site, i)));
      if (wish.wants(i)) wanted.add("message " + i);
    }
    return wanted;
  }

  private static Collector collect(Site site, String sql) throws Exception {
    Collector collector = new Collector();
    DefaultMQPushConsumer consumer = site.consumer();
    consumer.subscribe(site.topic, MessageSelector.bySql(sql));
    consumer.registerMessageListener(collector);
    consumer.start();
    return collector;
  }

  /** The documentation's own example; the consumer waits before the messages come. */
  private static void push(Site site) throws Exception {
    DefaultMQProducer producer = site.producer();
    site.create(producer, 2);
    Collector collector = collect(site, DOCUMENTED);
    Thread.sleep(500);
    collector.expect(send(site, producer, 30, i -> i % 3 < 2 && i <= 3), 20_000);
  }

  /** The messages are there before the consumer. */
  private static void words(Site site) throws Exception {
    DefaultMQProducer producer = site.producer();
    site.create(producer, 2);
    Set<String> expected = send(site, producer, 40, i ->
        i % 2 == 0 && i >= 10 && i != 12 && !String.valueOf(i).endsWith("4") || i == 3);
    String sql = "even = 'yes' AND a >= 10 AND NOT (a = 12) AND name STARTSWITH 'n'"
        + " AND name NOT ENDSWITH '4' AND absent IS NULL AND name CONTAINS 'n'"
        + " AND name NOT IN ('x', 'y') OR a <> 4 AND a > 2.5 AND a < 4 -- three\n";
    // A text that meets a number with a point is read as one.
    collect(site, sql).expect(expected, 20_000);
  }

  private static void lite(Site site) throws Exception {
    DefaultMQProducer producer = site.producer();
    site.create(producer, 2);
    Set<String> expected = send(site, producer, 40, i -> i > 35);
    DefaultLitePullConsumer consumer = site.lite();
    consumer.subscribe(site.topic, MessageSelector.bySql("a > 35"));
    consumer.start();
    Collector collector = new Collector();
    Check.until(20_000, () -> "came: " + collector.bodies(), () -> {
      collector.add(consumer.poll(200));
      return collector.count() >= expected.size();
    });
    Check.same("bodies", expected, collector.bodies());
  }

  /** This client pulls by SQL92 only once a heartbeat has told it the broker's version. */
  private static DefaultMQPullConsumer puller(Site site, MessageQueue queue) throws Exception {
    DefaultMQPullConsumer consumer = new DefaultMQPullConsumer(site.group);
    consumer.setNamesrvAddr(site.nameServer);
    consumer.setHeartbeatBrokerInterval(200);
    consumer.start();
    site.closing(consumer::shutdown);
    Check.until(20_000, () -> "no version of the broker", () -> {
      try {
        consumer.pull(queue, MessageSelector.bySql("TRUE"), 0, 1);
        return true;
      } catch (MQClientException notYet) {
        return false;
      } catch (Exception other) {
        throw new AssertionError(other);
      }
    });
    return consumer;
  }

  private static void pull(Site site) throws Exception {
    DefaultMQProducer producer = site.producer();
    MessageQueue queue = site.create(producer, 1).get(0);
    Set<String> expected = send(site, producer, 40, i -> i % 2 == 0 && i > 5);
    DefaultMQPullConsumer consumer = puller(site, queue);
    MessageSelector selector = MessageSelector.bySql("even = 'yes' AND a > 5");
    Set<String> found = new TreeSet<>();
    long offset = 0;
    while (offset < 40) {
      PullResult result = consumer.pull(queue, selector, offset, 5);
      Check.that(result.getNextBeginOffset() > offset, "does not go on: " + result);
      offset = result.getNextBeginOffset();
      if (result.getMsgFoundList() == null) continue;
      Check.that(result.getMsgFoundList().size() <= 5, "too many: " + result);
      for (MessageExt one : result.getMsgFoundList()) found.add(Collector.text(one));
    }
    Check.same("bodies", expected, found);
    PullResult none = consumer.pull(queue, MessageSelector.bySql("a > 100"), 0, 5);
    Check.same("status", "NO_MATCHED_MSG", none.getPullStatus().name());
  }

  /** What a consumer with a wrong expression is told: at its start. */
  private static void refused(Site site) throws Exception {
    DefaultMQProducer producer = site.producer();
    MessageQueue queue = site.create(producer, 1).get(0);
    Site.stored(producer.send(numbered(site, 1)));
    DefaultMQPullConsumer puller = puller(site, queue);
    String[][] wrong = {
      {"a > 5 AND AND b = 1", "character 11 of 19"}, {"a > 'x'", "character 5 of 7"},
      {"a IN (5)", "IN takes no numbers"}, {"a BETWEEN 5 AND 3", "below the first"},
      {"a = 'x", "has no ' at its end"}, {"a != 5", "means nothing"},
    };
    for (int i = 0; i < wrong.length; i++) {
      String sql = wrong[i][0];
      DefaultMQPushConsumer consumer = new DefaultMQPushConsumer(site.group + "_" + i);
      consumer.setNamesrvAddr(site.nameServer);
      consumer.subscribe(site.topic, MessageSelector.bySql(sql));
      consumer.registerMessageListener(new Collector());
      site.closing(consumer::shutdown);
      Throwable failure = Check.failure(sql, () -> {
        consumer.start();
        return "a start";
      });
      Check.that(failure instanceof MQClientException, "not by the client: " + failure);
      Check.same("code", 23, ((MQClientException) failure).getResponseCode());
      String text = failure.getMessage();
      // Apache's sentences are its parser's own, and its pulls pass everything then.
      if (site.isApache) continue;
      Check.that(text.contains("Invalid MessageSelector. "), "not told so: " + text);
      Check.that(text.contains(wrong[i][1]), "no place: " + text);
      Throwable pulled =
          Check.failure(sql, () -> puller.pull(queue, MessageSelector.bySql(sql), 0, 5));
      Check.same("code of " + pulled, 23, ((MQBrokerException) pulled).getResponseCode());
      Check.that(pulled.getMessage().contains(wrong[i][1]), "no place: " + pulled);
    }
  }

  private static void tags(Site site) throws Exception {
    DefaultMQProducer producer = site.producer();
    site.create(producer, 2);
    Collector collector = site.collect("TagA || TagB");
    collector.expect(send(site, producer, 30, i -> i % 3 < 2), 20_000);
  }

  /** "Aa" and "BB" have one hash: the broker gives both, the client knows them apart. */
  private static void collide(Site site) throws Exception {
    DefaultMQProducer producer = site.producer();
    MessageQueue queue = site.create(producer, 1).get(0);
    Set<String> wanted = new TreeSet<>();
    for (int i = 0; i < 12; i++) {
      Site.stored(producer.send(site.message(new String[] {"Aa", "BB", "C"}[i % 3], "message " + i)));
      if (i % 3 == 0) wanted.add("message " + i);
    }
    site.collect("Aa").expect(wanted, 20_000);
    PullResult result = puller(site, queue).pull(queue, "Aa", 0, 32);
    Check.same("next offset", 12L, result.getNextBeginOffset());
    Check.same("messages", 4, result.getMsgFoundList().size());
  }

  /** Bodies that clients compress arrive as they were, alone and in a filtered stream. */
  private static void compressed(Site site) throws Exception {
    DefaultMQProducer producer = site.producer();
    MessageQueue queue = site.create(producer, 1).get(0);
    Collector collector = collect(site, "kind IS NOT NULL");
    Map<String, byte[]> bodies = new LinkedHashMap<>();
    for (String type : Version.compressions()) {
      Version.compress(producer, type);
      producer.setCompressMsgBodyOverHowmuch(2048);
      for (int kib : new int[] {1, 3, 64, 1000}) {
        byte[] body = new byte[kib << 10];
        new Random(kib).nextBytes(body);
        Arrays.fill(body, 0, body.length / 2, (byte) 'x');
        Message message = new Message(site.topic, "TagA", body);
        message.putUserProperty("kind", type + " " + kib);
        Site.stored(producer.send(message));
        bodies.put(type + " " + kib, body);
      }
    }
    Check.until(30_000, () -> collector.count() + " came", () -> collector.count() >= bodies.size());
    for (MessageExt message : collector.all()) {
      String kind = message.getProperty("kind");
      Check.that(Arrays.equals(bodies.get(kind), message.getBody()), kind + " came otherwise");
      int size = message.getBody().length;
      Check.that(size < 2048 || message.getStoreSize() < size * 3 / 4, kind + " was not compressed");
      // The 4.9 client tells of the flag, too, once it has undone it.
      Check.same("offset of " + kind, (long) new ArrayList<>(bodies.keySet()).indexOf(kind),
          message.getQueueOffset());
    }
    Check.same("end", (long) bodies.size(), producer.maxOffset(queue));
  }

  /** Each message of a batch has its properties, and an id of its own. */
  private static void batch(Site site) throws Exception {
    DefaultMQProducer producer = site.producer();
    site.create(producer, 1);
    Collector filtered = collect(site, "a BETWEEN 3 AND 6 AND TAGS <> 'TagB'");
    Set<String> expected = new TreeSet<>();
    Set<String> ids = new HashSet<>();
    for (int round = 0; round < 3; round++) {
      List<Message> batch = new ArrayList<>();
      for (int i = 0; i < 10; i++) {
        Message message = numbered(site, i);
        message.setBody(("round " + round + " message " + i).getBytes());
        message.setKeys("key" + round + i);
        batch.add(message);
        if (i >= 3 && i <= 6 && i % 3 != 1) expected.add("round " + round + " message " + i);
      }
      SendResult result = Site.stored(producer.send(batch));
      Check.same("ids", 10, result.getMsgId().split(",").length);
      Check.same("places", 10, result.getOffsetMsgId().split(",").length);
      Check.same("first offset", round * 10L, result.getQueueOffset());
      ids.addAll(Arrays.asList(result.getMsgId().split(",")));
    }
    Check.same("different ids", 30, ids.size());
    filtered.expect(expected, 20_000);
    for (MessageExt message : filtered.all()) {
      Check.that(ids.contains(message.getMsgId()), "an id that nobody sent: " + message);
      String[] words = Collector.text(message).split(" ");
      Check.same("keys", "key" + words[1] + words[3], message.getKeys());
      Check.same("name", "n" + words[3], message.getProperty("name"));
      long offset = Long.parseLong(words[1]) * 10 + Long.parseLong(words[3]);
      Check.same("offset", offset, message.getQueueOffset());
    }
  }

  /** A producer of 5.x that makes batches of single sends by itself. */
  private static void automatic(Site site) throws Exception {
    DefaultMQProducer producer = site.producer();
    site.create(producer, 1);
    Version.batchAutomatically(producer);
    Collector collector = site.collect("*");
    Set<String> bodies = new TreeSet<>();
    Set<String> ids = new HashSet<>();
    List<Thread> senders = new ArrayList<>();
    List<Throwable> failures = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      int number = i;
      bodies.add("message " + i);
      senders.add(new Thread(() -> {
        try {
          SendResult result = Site.stored(producer.send(numbered(site, number)));
          synchronized (ids) {
            ids.add(result.getMsgId());
          }
        } catch (Throwable failure) {
          synchronized (ids) {
            failures.add(failure);
          }
        }
      }));
    }
    for (Thread sender : senders) sender.start();
    for (Thread sender : senders) sender.join();
    Check.that(failures.isEmpty(), "not sent: " + failures);
    collector.expect(bodies, 20_000);
    Set<String> arrived = new HashSet<>();
    for (MessageExt message : collector.all()) {
      arrived.add(message.getMsgId());
      String number = Collector.text(message).split(" ")[1];
      Check.same("property", "n" + number, message.getProperty("name"));
    }
    Check.same("ids that arrived", 40, arrived.size());
  }
}
